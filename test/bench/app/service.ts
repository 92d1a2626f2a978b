import { openService, useService } from '../../../shared/app.ts';
import { readSettings } from '../../../shared/domain/settings.ts';
import { openPorts } from '../../../shared/open-ports.ts';

const settings = readSettings(process.env);

/** The service of this process, opened here so that functions which measure work on the very same parts. */
export const service = openPorts(settings).then((ports) => openService(settings, ports));
useService(service);

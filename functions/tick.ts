import { app } from '@azure/functions';
import { handler } from '../shared/app.ts';
import { tick } from '../shared/domain/schedule.ts';

app.timer('tick', { schedule: '0 * * * * *', handler: handler((regcred) => tick(regcred)) });

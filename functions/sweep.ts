import { app } from '@azure/functions';
import { handler } from '../shared/app.ts';
import { sweep } from '../shared/domain/sweep.ts';

app.timer('sweep', { schedule: '0 17 * * * *', handler: handler((regcred) => sweep(regcred)) });

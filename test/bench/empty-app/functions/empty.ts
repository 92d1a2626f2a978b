import { app } from '@azure/functions';

app.http('empty', { methods: ['GET'], authLevel: 'anonymous', handler: () => ({ status: 200 }) });

import { app } from '@azure/functions';
import { handler } from '../shared/app.ts';
import { buryMessage } from '../shared/domain/work.ts';

app.storageQueue('work-poison', {
  queueName: 'work-poison',
  connection: 'AzureWebJobsStorage',
  handler: handler((regcred, message) => buryMessage(regcred, message)),
});

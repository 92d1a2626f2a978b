import { app } from '@azure/functions';
import { handler } from '../shared/app.ts';
import { work } from '../shared/domain/work.ts';

app.storageQueue('work', {
  queueName: 'work',
  connection: 'AzureWebJobsStorage',
  handler: handler((regcred, message) => work(regcred, message)),
});

import { openSqliteQueue } from '../../shared/stores/queue/sqlite.ts';

/** A program that opens a queue's file, takes what it gets until nothing is left, and prints the numbers. */
const queue = await openSqliteQueue(process.argv[2] ?? '');
const numbers: unknown[] = [];
for (;;) {
  const messages = await queue.receive('work', { max: 3, visibilitySeconds: 600 });
  if (messages.length === 0) break;
  for (const message of messages) {
    numbers.push(message.body['n']);
    if (!(await queue.remove('work', message))) throw new Error('Another one has it');
  }
}
console.log(JSON.stringify(numbers));

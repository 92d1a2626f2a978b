import { QUEUE_LIMITS, type Message } from '../../domain/ports.ts';

/** https://learn.microsoft.com/rest/api/storageservices/naming-queues-and-metadata */
const QUEUE_NAME = /^(?=.{3,63}$)[a-z0-9]+(-[a-z0-9]+)*$/;

/** Throws RangeError for a name that a queue cannot have. */
export function checkQueueName(queue: string): void {
  if (!QUEUE_NAME.test(queue)) throw new RangeError(`${JSON.stringify(queue)} is not a legal name of a queue`);
}

/** Answers the message's JSON text. Throws RangeError if it is too long. */
export function messageText(message: Message): string {
  const text = JSON.stringify(message);
  const bytes = Buffer.byteLength(text);
  if (bytes > QUEUE_LIMITS.messageBytes) {
    throw new RangeError(`The message has ${bytes} bytes of JSON; at most ${QUEUE_LIMITS.messageBytes} are possible`);
  }
  return text;
}

/** Throws RangeError for a number of messages that cannot be asked for at once. */
export function checkReceiveCount(max: number): void {
  checkWhole('The number of messages', max, 1, QUEUE_LIMITS.receive);
}

/** Throws RangeError for a time that a message cannot be delayed or hidden. `least` is 1 where it is received, else 0. */
export function checkSeconds(seconds: number, least: 0 | 1): void {
  checkWhole('The time in seconds', seconds, least, QUEUE_LIMITS.seconds);
}

function checkWhole(what: string, value: number, least: number, most: number): void {
  if (!Number.isInteger(value) || value < least || value > most) {
    throw new RangeError(`${what} is a whole number from ${least} to ${most}, not ${value}`);
  }
}

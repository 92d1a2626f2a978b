import { describe, expect, test } from 'vitest';
import type { Message, Queue, ReceivedMessage } from '../../shared/domain/ports.ts';
import { eventually } from './eventually.ts';
import './trait.ts';

/** Empty queues, and the end of all that was started for them. */
export interface QueueUnderTest extends AsyncDisposable {
  queue: Queue;
  /** Another connection to the same queues, as another process would have it. */
  another(): Promise<Queue>;
}

const Q = 'work';
const WEEK_SECONDS = 7 * 24 * 3600;
/** Hidden for longer than any test lasts. */
const LONG = { max: 32, visibilitySeconds: 600 };
const SHORT = { max: 32, visibilitySeconds: 1 };

/** What every Queue does: one line in a test file runs it on a further implementation. */
export function describeQueue(implementation: string, open: () => Promise<QueueUnderTest>): void {
  // Most of the time goes by waiting for messages to become visible.
  describe.concurrent(`Queue on ${implementation}`, { meta: { contract: { port: 'Queue', implementation } } }, () => {
    describe('send', () => {
      test.for<{ what: string; message: Message }>([
        { what: 'plain', message: { v: 1, kind: 'check', project: 'default', id: 'cred-1' } },
        { what: 'empty', message: {} },
        { what: 'unicode', message: { text: 'Zoë 漢字 🗝️ \u0000 <&> "quoted"', list: [1, null, { deep: true }] } },
        { what: 'of 48 KiB', message: messageOf(48 * 1024) },
      ])('$what: received as it was sent', async ({ message }) => {
        await using subject = await open();
        const sentAt = Date.now();

        await subject.queue.send(Q, message);

        const received = await receiveOne(subject.queue);
        expect(received).toMatchObject({ body: message, dequeueCount: 1 });
        // A store's clock may show whole seconds and need not be ours.
        expect(Math.abs(received.insertedAt.getTime() - sentAt)).toBeLessThan(60_000);
      });

      test('a message over 48 KiB is refused, in bytes of UTF-8', async () => {
        await using subject = await open();
        const wide = { text: 'é'.repeat(24 * 1024) };

        await expect(subject.queue.send(Q, messageOf(48 * 1024 + 1))).rejects.toBeInstanceOf(RangeError);
        await expect(subject.queue.send(Q, wide)).rejects.toBeInstanceOf(RangeError);

        expect(await subject.queue.receive(Q, LONG)).toEqual([]);
      });

      test('a delayed message is not there before its time', async () => {
        await using subject = await open();
        const sentAt = Date.now();
        await subject.queue.send(Q, { is: 'soon' }, { delaySeconds: 2 });
        await subject.queue.send(Q, { is: 'late' }, { delaySeconds: 600 });

        const received = await receiveOne(subject.queue);

        expect(received.body).toEqual({ is: 'soon' });
        // One second less than asked for: services count in whole seconds.
        expect(Date.now() - sentAt).toBeGreaterThanOrEqual(1000);
        expect(await subject.queue.receive(Q, LONG)).toEqual([]);
      });

      test.for([WEEK_SECONDS + 1, -1, 0.5, Number.NaN])('a delay of %d seconds is refused', async (delaySeconds) => {
        await using subject = await open();

        await expect(subject.queue.send(Q, {}, { delaySeconds })).rejects.toBeInstanceOf(RangeError);
      });

      test('a delay of 7 days is taken', async () => {
        await using subject = await open();

        await subject.queue.send(Q, {}, { delaySeconds: WEEK_SECONDS });

        expect(await subject.queue.receive(Q, LONG)).toEqual([]);
      });

      test.for(['', 'ab', 'x'.repeat(64), 'Work', 'a_b', '-ab', 'ab-', 'a--b', 'a/b'])('the name %j is refused', async (name) => {
        await using subject = await open();

        await expect(subject.queue.send(name, {})).rejects.toBeInstanceOf(RangeError);
        await expect(subject.queue.receive(name, LONG)).rejects.toBeInstanceOf(RangeError);
      });

      test.for(['abc', 'work-poison', '1-2-3', 'x'.repeat(63)])('the name %s is taken', async (name) => {
        await using subject = await open();

        await subject.queue.send(name, { name });

        expect((await subject.queue.receive(name, LONG)).map(({ body }) => body)).toEqual([{ name }]);
      });
    });

    describe('receive', () => {
      test('answers nothing for a queue that nobody has sent to', async () => {
        await using subject = await open();

        expect(await subject.queue.receive('never-used', LONG)).toEqual([]);
      });

      test('keeps queues apart', async () => {
        await using subject = await open();
        await subject.queue.send('first', { n: 1 });

        expect(await subject.queue.receive('second', LONG)).toEqual([]);
        expect(await subject.queue.receive('first', LONG)).toHaveLength(1);
      });

      test('answers at most as many as asked for', async () => {
        await using subject = await open();
        for (let n = 0; n < 5; n++) await subject.queue.send(Q, { n });

        const two = await subject.queue.receive(Q, { ...LONG, max: 2 });
        const rest = await subject.queue.receive(Q, LONG);

        expect([two.length, rest.length]).toEqual([2, 3]);
        expect(numbers([...two, ...rest])).toEqual([0, 1, 2, 3, 4]);
      });

      test('hides a message from everybody', async () => {
        await using subject = await open();
        const another = await subject.another();
        await subject.queue.send(Q, {});

        expect(await subject.queue.receive(Q, LONG)).toHaveLength(1);

        expect(await subject.queue.receive(Q, LONG)).toEqual([]);
        expect(await another.receive(Q, LONG)).toEqual([]);
      });

      test('answers it again once its time is over, and counts', async () => {
        await using subject = await open();
        await subject.queue.send(Q, { n: 1 });

        const first = await receiveOne(subject.queue, SHORT);
        const second = await receiveOne(subject.queue, SHORT);
        const third = await receiveOne(subject.queue, LONG);

        expect([first, second, third].map(({ dequeueCount }) => dequeueCount)).toEqual([1, 2, 3]);
        expect(new Set([first.id, second.id, third.id]).size).toBe(1);
        expect(third).toMatchObject({ body: { n: 1 }, insertedAt: first.insertedAt });
      });

      test('gives each of 50 messages to one of 50 receivers', async () => {
        await using subject = await open();
        const another = await subject.another();
        await Promise.all(Array.from({ length: 50 }, (_, n) => subject.queue.send(Q, { n })));

        const receivers = Array.from({ length: 50 }, (_, n) => (n % 2 ? another : subject.queue));
        const received = await Promise.all(receivers.map((queue) => queue.receive(Q, { ...LONG, max: 1 })));
        // A service may answer less than it has.
        const rest = [await subject.queue.receive(Q, LONG), await subject.queue.receive(Q, LONG)];

        expect(numbers([...received, ...rest].flat())).toEqual(Array.from({ length: 50 }, (_, n) => n));
      });

      test.for([
        { max: 0, visibilitySeconds: 1 },
        { max: 33, visibilitySeconds: 1 },
        { max: 1.5, visibilitySeconds: 1 },
        { max: 1, visibilitySeconds: 0 },
        { max: 1, visibilitySeconds: WEEK_SECONDS + 1 },
      ])('$max messages for $visibilitySeconds seconds are refused', async (options) => {
        await using subject = await open();
        await subject.queue.send(Q, {});

        await expect(subject.queue.receive(Q, options)).rejects.toBeInstanceOf(RangeError);
      });
    });

    describe('remove', () => {
      test('ends a message, from any connection', async () => {
        await using subject = await open();
        const another = await subject.another();
        await subject.queue.send(Q, {});
        const received = await receiveOne(subject.queue, SHORT);

        expect(await another.remove(Q, received)).toBe(true);

        expect(await subject.queue.remove(Q, received)).toBe(false);
        expect(await subject.queue.release(Q, received, 0)).toBeUndefined();
        expect(await subject.queue.receive(Q, LONG)).toEqual([]);
      });

      test('answers no to a receipt that is not the last', async () => {
        await using subject = await open();
        await subject.queue.send(Q, {});
        const first = await receiveOne(subject.queue, SHORT);
        const second = await receiveOne(subject.queue, LONG);

        expect(await subject.queue.remove(Q, first)).toBe(false);

        expect(await subject.queue.remove(Q, second)).toBe(true);
      });

      test('takes a receipt whose time is over, as long as nobody else has received the message', async () => {
        await using subject = await open();
        await subject.queue.send(Q, { is: 'slow' });
        const received = await receiveOne(subject.queue, SHORT);
        // When this one is back, so is the other: it was hidden before it.
        await subject.queue.send('other', {});
        await receiveOne(subject.queue, SHORT, 'other');
        await receiveOne(subject.queue, LONG, 'other');

        expect(await subject.queue.remove(Q, received)).toBe(true);
      });
    });

    describe('release', () => {
      test('shows a message again at once', async () => {
        await using subject = await open();
        await subject.queue.send(Q, { n: 1 });
        const received = await receiveOne(subject.queue);

        expect(await subject.queue.release(Q, received, 0)).toEqual(expect.any(String));

        expect(await receiveOne(subject.queue)).toMatchObject({ id: received.id, body: { n: 1 }, dequeueCount: 2 });
      });

      test('prolongs the time, with a new receipt that alone is good', async () => {
        await using subject = await open();
        await subject.queue.send(Q, {});
        const received = await receiveOne(subject.queue);

        const receipt = (await subject.queue.release(Q, received, 600)) ?? '';

        expect(await subject.queue.receive(Q, LONG)).toEqual([]);
        expect(await subject.queue.remove(Q, received)).toBe(false);
        expect(await subject.queue.remove(Q, { id: received.id, receipt })).toBe(true);
      });

      test('answers nothing to a receipt that is not the last', async () => {
        await using subject = await open();
        await subject.queue.send(Q, {});
        const first = await receiveOne(subject.queue, SHORT);
        const second = await receiveOne(subject.queue, LONG);

        expect(await subject.queue.release(Q, first, 0)).toBeUndefined();

        expect(await subject.queue.receive(Q, LONG)).toEqual([]);
        expect(await subject.queue.remove(Q, second)).toBe(true);
      });

      test.for([-1, WEEK_SECONDS + 1, 0.5])('%d seconds are refused', async (seconds) => {
        await using subject = await open();
        await subject.queue.send(Q, {});
        const received = await receiveOne(subject.queue);

        await expect(subject.queue.release(Q, received, seconds)).rejects.toBeInstanceOf(RangeError);
      });
    });
  });
}

async function receiveOne(queue: Queue, options = LONG, name = Q): Promise<ReceivedMessage> {
  return eventually(async () => (await queue.receive(name, { ...options, max: 1 }))[0]);
}

/** A message whose JSON has exactly `bytes`. */
function messageOf(bytes: number): Message {
  return { text: 'x'.repeat(bytes - '{"text":""}'.length) };
}

function numbers(messages: ReceivedMessage[]): number[] {
  return messages.map(({ body }) => Number(body['n'])).toSorted((a, b) => a - b);
}

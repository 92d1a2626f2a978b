import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { needs } from '../peers/need.ts';
import { countCalls, type CountedCall } from './calls.ts';
import { startCountingService, type CountingService } from './counting-service.ts';

describe('round trips to the stores', needs('azurite'), () => {
  let counting: CountingService;
  let calls: CountedCall[];
  beforeAll(async () => {
    counting = await startCountingService();
    calls = await countCalls(counting);
  });
  afterAll(() => counting[Symbol.asyncDispose]());

  test.for([
    { what: 'hand-out-login, cached', records: 2, inTurn: 2 },
    { what: 'hand-out-login, the first', records: 4, secrets: 1, inTurn: 5 },
    { what: 'get-credential', records: 2, inTurn: 1 },
    { what: 'list-credentials', records: 2, inTurn: 2 },
  ])('$what asks its records $records times', ({ what, records, secrets = 0, inTurn }) => {
    const call = calls.find((counted) => counted.what === what);

    expect(call?.counts).toMatchObject({ records, secrets, queue: 0, inTurn, remote: records + secrets });
  });
});

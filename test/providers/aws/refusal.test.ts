import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { expect, test } from 'vitest';
import { NetError } from '../../../shared/net/net-error.ts';
import { awsRefusal } from '../../../shared/providers/aws/refusal.ts';

test('a defect of ours is not told as an answer of AWS', () => {
  const defect = new TypeError('undefined is not a function');

  expect(awsRefusal(defect, 'sts:AssumeRole')).toBe(defect);
});

test('nor is a call that was given up, whatever the client makes of that', async () => {
  const controller = new AbortController();
  // As our door does it.
  const handle = async () => {
    controller.abort();
    throw new NetError('aborted', 'ABORTED', 'The request was given up.', 'Try again.');
  };
  const credentials = { accessKeyId: 'AKIAIOSFODNN7EXAMPLE', secretAccessKey: 'a-secret-key' };
  const client = new STSClient({ region: 'eu-west-1', credentials, requestHandler: { handle } });

  const error = await client
    .send(new GetCallerIdentityCommand({}), { abortSignal: controller.signal })
    .catch((error: unknown) => error);

  expect(error).toMatchObject({ name: 'AbortError' });
  expect(awsRefusal(error, 'sts:GetCallerIdentity')).toMatchObject({ name: 'NetError', kind: 'aborted' });
});

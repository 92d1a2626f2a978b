import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startDocumentedService } from '../../documented-service.ts';
import type { Service } from '../../service.ts';
import { CHECKS, CREDENTIALS, warningCodes } from '../product-service.ts';

const FORM = { provider: 'ecr', method: 'node-role', url: '123456789012.dkr.ecr.eu-west-1.amazonaws.com' };

let service: Service;
beforeAll(async () => {
  service = await startDocumentedService();
});
afterAll(() => service[Symbol.asyncDispose]());

describe('ecr/node-role', () => {
  test('is stored as unverified, says why, and hands nothing out', async () => {
    const created = await service.post(CREDENTIALS, { name: 'Nodes', ...FORM });

    expect(created).toMatchObject({ status: 201, json: { method: 'node-role', status: { standing: 'unverified' } } });
    expect(warningCodes(created)).toEqual(['NOTHING_TO_CHECK']);
    const handed = await service.post(`${CREDENTIALS}/${created.json.id}/login`);
    expect(handed).toMatchObject({ status: 409, json: { code: 'NOTHING_TO_HAND_OUT' } });
  });

  test('is checked without a question to anybody', async () => {
    const reply = await service.post(CHECKS, FORM);

    expect(reply).toMatchObject({ status: 200, json: { verdict: 'indeterminate' } });
    expect(warningCodes(reply)).toEqual(['NOTHING_TO_CHECK']);
  });

  test('stays unverified when it is checked again, and can be changed', async () => {
    const created = await service.post(CREDENTIALS, { name: 'Nodes again', ...FORM });
    const path = `${CREDENTIALS}/${created.json.id}`;

    const checked = await service.post(`${path}/check`);
    const changed = await service.patch(
      path,
      { description: 'of the cluster' },
      { headers: { 'if-match': created.headers.get('etag') ?? '' } },
    );

    expect(checked).toMatchObject({ status: 200, json: { standing: 'unverified' } });
    expect(changed).toMatchObject({ status: 200, json: { description: 'of the cluster' } });
  });

  test('is not what a form without a key means', async () => {
    const { provider, url } = FORM;

    const reply = await service.post(CHECKS, { provider, url });

    expect(reply.json.errors).toMatchObject([{ pointer: '/accessKeyId' }, { pointer: '/secretAccessKey' }]);
  });

  test('takes no secret', async () => {
    const reply = await service.post(CHECKS, { ...FORM, secretAccessKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY' });

    expect(reply).toMatchObject({ status: 400, json: { errors: [{ pointer: '/secretAccessKey' }] } });
  });
});

import { randomUUID } from 'node:crypto';
import { app } from '@azure/functions';
import { authenticate } from '../../../../shared/http/authenticate.ts';
import { service } from '../service.ts';

/** The least that any hand-out has to do: know who calls, read one record, and write durably that it happened. */
app.http('bare-hand-out', {
  methods: ['POST'],
  route: 'bench/{project}/{id}/hand-out',
  authLevel: 'anonymous',
  handler: async (request) => {
    const { app, authentication } = await service;
    const { project = '', id = '' } = request.params;
    const { subject } = await authenticate(request, authentication);
    const record = await app.records.get(`project:${project}`, `credential:${id}`);
    await app.records.write('bench', [{ kind: 'insert', row: randomUUID(), fields: { id, subject, read: record?.row ?? null } }]);
    return { status: record ? 200 : 404 };
  },
});

import { expect, test } from 'vitest';
import { methods } from '../../../shared/providers/all.ts';
import { findMethod, formSchema } from '../../../shared/providers/catalog.ts';
import { startDocumentedService } from '../../documented-service.ts';
import { eventually } from '../../service.ts';
import { exampleOf, exampleUpstreams } from './examples.ts';

/** Fields of one credential, with a key for each secret that is made anew. */
type Exported = Record<string, unknown> & { provider: string; method: string };

/** The document with an example in place of each null. */
function filledIn({ provider, method, ...fields }: Exported): Exported {
  const form = findMethod(provider, method);
  const properties = form ? formSchema(form).properties : {};
  const values = Object.entries(fields).map(([name, value]) => [name, value ?? exampleOf(properties[name] ?? {})]);
  return { provider, method, ...Object.fromEntries(values) };
}

test('every method comes back from an export by way of an import', { timeout: 60_000 }, async () => {
  const upstreams = methods.flatMap(exampleUpstreams);
  const projects = ['default', 'copy'].map((name) => ({ name, environments: ['dev'], upstreams }));
  await using service = await startDocumentedService({ policy: { projects } });
  for (const { provider, method, ...rest } of methods) {
    const { properties } = formSchema({ provider, method, ...rest });
    const fields = Object.entries(properties).map(([name, field]) => [name, exampleOf(field)]);
    const body = { name: `${provider}/${method}`, provider, method, ...Object.fromEntries(fields) };
    const created = await service.post('/api/projects/default/credentials?check=skip', body);
    expect(created).toMatchObject({ status: 201, json: { name: body.name } });
  }
  const exported = await service.get('/api/projects/default/export');
  const { credentials } = exported.json as { credentials: Exported[] };

  const as = { project: 'copy' };
  const document = { ...exported.json, credentials: credentials.map(filledIn) };
  const reply = await service.post('/api/projects/copy/imports?check=skip', document, { as });
  const report = await eventually(async () => {
    const { json } = await service.get(reply.headers.get('location') ?? '', { as });
    return json.status === 'ended' && json;
  }, 30_000);

  expect(report.entries.filter(({ status }: { status: string }) => status !== 'created')).toEqual([]);
  expect((await service.get('/api/projects/copy/export', { as })).json).toEqual(exported.json);
});

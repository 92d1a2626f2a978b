import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Service } from '../service.ts';

/** Names of the secrets that are stored and not removed. */
export async function storedSecrets({ data }: Pick<Service, 'data'>): Promise<string[]> {
  return (await readdir(join(data, 'secrets', 'active'))).toSorted();
}

/** All that a refused request must leave alone: every credential of the project as it is shown, and every version of every secret. */
export async function projectState(service: Service, project = 'default') {
  const path = `/api/projects/${project}/credentials`;
  const live = await service.get(`${path}?limit=200`, { as: { project } });
  const deleted = await service.get(`${path}?limit=200&deleted=true`, { as: { project } });
  const versions = await readdir(join(service.data, 'secrets'), { recursive: true });
  return { live: live.json.value, deleted: deleted.json.value, versions: versions.toSorted() };
}

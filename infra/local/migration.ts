import { z } from 'zod';
import type { SecretStoreName } from '../../shared/domain/policy.ts';
import { ApiError, type Call } from './api-client.ts';

/** Moves at a time: enough to hide the stores' answers behind each other, far below their quotas. */
const AT_ONCE = 4;

/** After so many in a row that a store or the service was down for, the rest is left for another time. */
const GIVE_UP_AFTER = 5;

/** The most of one answer. */
const PAGE = 200;

const Listed = z.object({ id: z.string(), name: z.string(), active: z.object({ store: z.string().nullable() }) });
type Listed = z.infer<typeof Listed>;

const Page = z.object({ value: z.array(Listed), nextLink: z.string().optional() });

/** Where the secrets of a project lie. */
export interface Count {
  there: Listed[];
  elsewhere: Listed[];
  /** Credentials whose method has no secret. */
  none: number;
  /** Deleted ones that can be restored: their secrets stay where they are. */
  deleted: number;
}

export interface Failure {
  credential: Listed;
  error: ApiError;
}

export interface MigrationOptions {
  call: Call;
  project: string;
  to: SecretStoreName;
  /** Lets the moves under way end, and begins no other. */
  stop: AbortSignal;
}

/** Lists the project, as far as the token sees it. Throws ApiError. */
export async function countSecrets({ call, project, to }: MigrationOptions): Promise<Count> {
  const first = `${pathOf(project)}?limit=${PAGE}`;
  const live = await list(call, first);
  const deleted = await list(call, `${first}&deleted=true`);
  return {
    there: live.filter(({ active }) => active.store === to),
    elsewhere: live.filter(({ active }) => active.store !== null && active.store !== to),
    none: live.filter(({ active }) => active.store === null).length,
    deleted: deleted.length,
  };
}

function pathOf(project: string): string {
  return `/api/projects/${encodeURIComponent(project)}/credentials`;
}

async function list(call: Call, first: string): Promise<Listed[]> {
  const all: Listed[] = [];
  for (let path: string | undefined = first; path !== undefined;) {
    const page = Page.safeParse(await call('GET', path));
    if (!page.success) throw new ApiError('NOT_UNDERSTOOD', 'The service is of another version than this program.');
    all.push(...page.data.value);
    path = page.data.nextLink;
  }
  return all;
}

/**
 * Moves credentials, a few at a time, and answers those that could not be moved. It ends early if `stop` says so, or with
 * one ApiError thrown: the token is no longer taken, or too many in a row found something down. `onDone` hears of each.
 */
export async function moveAll(
  { call, project, to, stop }: MigrationOptions,
  credentials: Listed[],
  onDone: (done: number, failed: number) => void,
): Promise<Failure[]> {
  const failures: Failure[] = [];
  const state = { done: 0, downInARow: 0, ended: undefined as ApiError | undefined };

  const moveOne = async (credential: Listed): Promise<void> => {
    const error = await move(call, `${pathOf(project)}/${credential.id}/move`, to);
    // What was given up because of the stop was not really tried.
    if (error?.isPassing && stop.aborted) return;
    if (error) failures.push({ credential, error });
    state.done += 1;
    state.downInARow = error?.isPassing ? state.downInARow + 1 : 0;
    if (error && (error.code === 'UNAUTHENTICATED' || state.downInARow === GIVE_UP_AFTER)) state.ended = error;
    onDone(state.done, failures.length);
  };
  const rest = credentials.values();
  const worker = async (): Promise<void> => {
    for (const credential of rest) {
      if (stop.aborted || state.ended) return;
      await moveOne(credential);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  if (state.ended) throw state.ended;
  return failures;
}

/** Undefined for one that is there now, and for one that was deleted meanwhile: the last count tells. */
async function move(call: Call, path: string, store: SecretStoreName): Promise<ApiError | undefined> {
  try {
    await call('POST', path, { store });
    return undefined;
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    return error.code === 'NOT_FOUND' ? undefined : error;
  }
}

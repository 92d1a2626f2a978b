import { NetError } from '../net/net-error.ts';
import { repositoryName } from './address.ts';
import { authorize, knock } from './knock.ts';
import type { Knocked, KnockOptions } from './knock.ts';
import { asRefusal } from './refusals.ts';
import type { Action, Answer, Capability, RepositoryQuestion } from './stages.ts';
import type { Access } from './token.ts';

const MOST_REPOSITORIES = 20;

export interface CapabilityAnswers {
  capabilities: Capability[];
  /** Repositories with an upload session that could not be cancelled. The registry drops it in time; nothing else is left. */
  leavesBehind: string[];
}

interface Finding {
  answer: Answer;
  reason?: string;
}

type Findings = Partial<Record<Action, Finding>>;

/**
 * What the login may do in each repository. Rights to push and delete are asked for only where a repository is seen to
 * exist, because some registries make it when they are. Throws RangeError for more than 20, AddressError for a bad name;
 * what registry and network say becomes `no` or `unknown` with a reason.
 */
export async function askRepositories(options: KnockOptions, questions: RepositoryQuestion[]): Promise<CapabilityAnswers> {
  if (questions.length > MOST_REPOSITORIES) throw new RangeError(`At most ${MOST_REPOSITORIES} repositories can be asked about.`);
  for (const { name } of questions) repositoryName(name);
  const found: CapabilityAnswers = { capabilities: [], leavesBehind: [] };
  let stopped: string | undefined;
  for (const question of questions) {
    const findings: Findings = {};
    try {
      if (stopped === undefined) await ask(options, question, findings, found.leavesBehind);
    } catch (error) {
      stopped = asRefusal(error).message;
    }
    found.capabilities.push(capabilityOf(question, findings, stopped));
  }
  return found;
}

async function ask(
  options: KnockOptions,
  { name, actions }: RepositoryQuestion,
  findings: Findings,
  leavesBehind: string[],
): Promise<void> {
  const listed = await knock(options, `repository:${name}:pull`, `/v2/${name}/tags/list?n=1`);
  findings.pull = judgePull(listed);
  if (findings.pull.answer !== 'yes') {
    findings.push = findings.delete = {
      answer: 'unknown',
      reason: 'Push and delete are not tried where the repository cannot be seen.',
    };
    return;
  }

  // Whoever was let in here after being asked for a login has a right one, so a further no is about the permission.
  const isProven = options.isProven || listed.authorization !== undefined;
  const known = { ...options, isProven, challenge: options.challenge ?? listed.challenge };
  // With `delete`, because cancelling an upload takes that right, too. What is not granted is left out of the token.
  const scope = `repository:${name}:${options.scopeActions ?? 'pull,push,delete'}`;
  if (actions.includes('push')) {
    const uploads = new URL(`/v2/${name}/blobs/uploads/`, options.session.origin);
    const started = await knock(known, scope, uploads.pathname, { method: 'POST' });
    findings.push = judgePush(started);
    findings.delete = judgeDelete(name, started.access);
    if (started.status === 202 && !(await isCancelled(options, uploads, started))) leavesBehind.push(name);
  } else if (actions.includes('delete')) {
    const authorized = known.challenge && (await authorize(known, known.challenge, scope));
    findings.delete = judgeDelete(name, authorized?.access);
  }
}

function judgePull({ status, authorization }: Knocked): Finding {
  if (status === 200) return { answer: 'yes', ...(!authorization && { reason: 'Anybody may pull.' }) };
  if (status === 401 || status === 403) return { answer: 'no', reason: 'The registry refuses to list its tags to this login.' };
  if (status === 404) return { answer: 'unknown', reason: 'The repository is not there, or hidden from this login.' };
  return { answer: 'unknown', reason: `The registry answered ${status} when asked for its tags.` };
}

function judgePush({ status, authorization }: Knocked): Finding {
  if (status === 202) return { answer: 'yes', ...(!authorization && { reason: 'Anybody may push.' }) };
  if (status === 401 || status === 403) return { answer: 'no', reason: 'The registry refuses to begin an upload.' };
  if (status === 405) return { answer: 'no', reason: 'The registry takes no uploads: it is read-only.' };
  return { answer: 'unknown', reason: `The registry answered ${status} when asked to begin an upload.` };
}

/** By the token's own word: a real DELETE, even of what is not there, is no question. */
function judgeDelete(name: string, access: Access[] | undefined): Finding {
  if (!access)
    return { answer: 'unknown', reason: 'Whether it may delete shows only in tokens that say what they are good for.' };
  const isGranted = access.some(
    ({ type, name: repository, actions }) =>
      type === 'repository' && repository === name && (actions.includes('delete') || actions.includes('*')),
  );
  if (isGranted) return { answer: 'yes' };
  return { answer: 'no', reason: 'The token does not grant delete.' };
}

/** Ends the upload that was begun. The Location may be missing or lead anywhere: only the registry itself gets the login. */
async function isCancelled(
  { session, signal }: KnockOptions,
  uploads: URL,
  { answer, authorization }: Knocked,
): Promise<boolean> {
  const location = URL.parse(answer?.headers.get('location') ?? '', uploads.href);
  if (!location || location.origin !== session.origin || location.pathname === uploads.pathname) return false;
  try {
    const { status } = await session.request(location, {
      method: 'DELETE',
      headers: { ...(authorization && { authorization }) },
      signal,
    });
    return status >= 200 && status < 300;
  } catch (error) {
    // Nothing hangs on it: the session lapses by itself, and the result says so.
    if (error instanceof NetError) return false;
    throw error;
  }
}

function capabilityOf({ name, actions }: RepositoryQuestion, findings: Findings, stopped: string | undefined): Capability {
  const capability: Capability = { repository: name };
  const reasons = new Set<string>();
  for (const action of actions) {
    const { answer, reason }: Finding = findings[action] ?? { answer: 'unknown', ...(stopped && { reason: stopped }) };
    capability[action] = answer;
    if (reason) reasons.add(reason);
  }
  if (reasons.size > 0) capability.reason = [...reasons].join(' ');
  return capability;
}

/** The steps of a check, in order. The first that fails ends it; those behind it are `skipped`. */
export const STAGES = ['input', 'dns', 'connect', 'tls', 'ping', 'challenge', 'realm', 'identity', 'token', 'access'] as const;

export type StageName = (typeof STAGES)[number];

export interface Stage {
  stage: StageName;
  outcome: 'ok' | 'failed' | 'skipped' | 'warning';
  /** Stable, for programs. */
  code?: string;
  /** What happened, for people. Never a secret, never a raw answer. */
  detail?: string;
  /** What a person can do about it. */
  hint?: string;
  /** Absent for a blocked target: how long a refused address takes to answer is nobody's business. */
  milliseconds?: number;
}

/** What a check says of a login. Only `valid` and `indeterminate` let it be stored. */
export type Verdict =
  | 'valid'
  | 'indeterminate'
  | 'invalid_credentials'
  | 'expired'
  | 'insufficient_permission'
  | 'blocked_by_policy'
  | 'misconfigured'
  | 'unreachable'
  | 'rate_limited';

/** Ends a check at the stage that is running, with a verdict. Thrown by the wire protocol, by `login` and by `identify`. */
export class Refusal extends Error {
  readonly verdict: Verdict;
  readonly code: string;
  readonly hint: string;
  readonly retryAfterSeconds?: number;

  constructor(
    verdict: Verdict,
    code: string,
    detail: string,
    hint: string,
    options: { retryAfterSeconds?: number; cause?: unknown } = {},
  ) {
    super(detail, { cause: options.cause });
    this.name = 'Refusal';
    this.verdict = verdict;
    this.code = code;
    this.hint = hint;
    if (options.retryAfterSeconds !== undefined) this.retryAfterSeconds = options.retryAfterSeconds;
  }
}

export type Action = 'pull' | 'push' | 'delete';

export interface RepositoryQuestion {
  name: string;
  actions: Action[];
}

/** What a login may do in one repository, as far as that can be seen without leaving anything behind. */
export interface Capability {
  repository: string;
  pull?: Answer;
  push?: Answer;
  delete?: Answer;
  /** Why an answer is `no` or `unknown`. */
  reason?: string;
}

export type Answer = 'yes' | 'no' | 'unknown';

/** Something that works and yet should be looked at. */
export interface Warning {
  code: string;
  detail: string;
  hint: string;
}

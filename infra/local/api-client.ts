import { z } from 'zod';
import { parseJson } from '../../shared/lib/parse-json.ts';
import { pause } from './pause.ts';

/** How often a call that finds something down, or is one too many, is made. */
const ATTEMPTS = 4;

/** Milliseconds before the second attempt, where the answer does not say; each further one waits twice as long. */
const FIRST_WAIT = 1000;

/** The longest that an answer can make us wait, in milliseconds. */
const LONGEST_WAIT = 60_000;

/** Milliseconds for one answer: longer than any request may take, which is 230 s on Azure. */
const LIMIT = 240_000;

/** Statuses and codes that may be others a moment later. A status without a code is of something in between. */
const PASSING = new Set<number | string>([429, 502, 503, 504, 'ETAG_MISMATCH', 'STORE_UNAVAILABLE', 'ISSUER_UNAVAILABLE']);

const Problem = z.object({ code: z.string(), detail: z.string(), hint: z.string().optional() });

/** A refusal of the service, in its own words, or that nobody answers. */
export class ApiError extends Error {
  /** The stable code of the problem; UNREACHABLE: no answer at all; else the status of something that is not regcred. */
  readonly code: string;
  /** Whether the same call may work later. */
  readonly isPassing: boolean;
  readonly retryAfterMilliseconds: number | undefined;

  constructor(
    code: string,
    message: string,
    { isPassing = false, retryAfterMilliseconds = undefined as number | undefined } = {},
  ) {
    super(message);
    this.name = 'ApiError';
    this.code = code;
    this.isPassing = isPassing;
    this.retryAfterMilliseconds = retryAfterMilliseconds;
  }
}

/** Calls the API at `path`, and answers the JSON. Throws ApiError after the last attempt. */
export type Call = (method: 'GET' | 'POST', path: string, body?: unknown) => Promise<unknown>;

export interface ApiOptions {
  url: URL;
  token: string;
  /** Ends the waits between attempts; a call that is under way is let through. */
  stop: AbortSignal;
}

/** The API as any program may use it, with its patience: what is down for a moment is asked again. */
export function apiClient(options: ApiOptions): Call {
  return async (method, path, body) => {
    for (let attempt = 1; ; attempt += 1) {
      const answer = await ask(options, method, path, body);
      if (!(answer instanceof ApiError)) return answer;
      const wait = answer.retryAfterMilliseconds ?? FIRST_WAIT * 2 ** (attempt - 1);
      if (!answer.isPassing || attempt === ATTEMPTS) throw answer;
      if (!(await pause(Math.min(wait, LONGEST_WAIT), options.stop))) throw answer;
    }
  };
}

async function ask({ url, token }: ApiOptions, method: string, path: string, body: unknown): Promise<unknown> {
  try {
    const response = await fetch(new URL(path, url), {
      method,
      headers: { authorization: `Bearer ${token}`, ...(body !== undefined && { 'content-type': 'application/json' }) },
      ...(body !== undefined && { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(LIMIT),
      // The token is for this address alone.
      redirect: 'manual',
    });
    const json = parseJson(await response.text());
    return response.ok && json !== undefined ? json : refusal(response, json);
  } catch (error) {
    const reason = error instanceof TypeError && error.cause instanceof Error ? error.cause : (error as Error);
    return new ApiError('UNREACHABLE', `${url.origin} does not answer: ${reason.message || reason.name}`, { isPassing: true });
  }
}

function refusal({ status, headers }: Response, json: unknown): ApiError {
  const { data: problem } = Problem.safeParse(json);
  const code = problem?.code ?? String(status);
  const text = problem
    ? [problem.detail, problem.hint].filter(Boolean).join(' ')
    : `What answers there with ${status} is not regcred.`;
  const seconds = Number(headers.get('retry-after') ?? Number.NaN);
  return new ApiError(code, text, {
    isPassing: PASSING.has(problem ? code : status),
    retryAfterMilliseconds: seconds >= 0 ? seconds * 1000 : undefined,
  });
}

import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { LOCAL_ISSUER, openLocalIssuer, type LocalClaims } from '../infra/local/issuer.ts';

/** Milliseconds that a start may take on a machine that is busy with other tests. */
const START_LIMIT = 30_000;

const PROJECT = resolve(import.meta.dirname, '..');

export interface Reply {
  status: number;
  headers: Headers;
  /** The body, parsed where it is JSON. */
  json: any; // oxlint-disable-line typescript/no-explicit-any -- a test asserts what it is
  text: string;
}

export interface RequestOptions {
  /** Claims of the token; an admin of project `default` if left out. `null`: no token. A string: that token. */
  as?: Partial<LocalClaims> | string | null;
  headers?: Record<string, string>;
  /** Sent as it is, in place of a JSON body. */
  raw?: string | Uint8Array;
}

export interface Service extends AsyncDisposable {
  /** `http://localhost:PORT` */
  url: string;
  /** The data folder. */
  data: string;
  /** Everything that the program printed. */
  output(): string;
  token(claims?: Partial<LocalClaims>): Promise<string>;
  request(method: string, path: string, body?: unknown, options?: RequestOptions): Promise<Reply>;
  get(path: string, options?: RequestOptions): Promise<Reply>;
  post(path: string, body?: unknown, options?: RequestOptions): Promise<Reply>;
  patch(path: string, body: unknown, options?: RequestOptions): Promise<Reply>;
  delete(path: string, options?: RequestOptions): Promise<Reply>;
  /** Runs a timer or queue function now, as an operator would. */
  trigger(functionName: string): Promise<void>;
  /** As Ctrl-C does. Answers the exit code. */
  stop(): Promise<number | null>;
  /** As the power button does. */
  kill(): Promise<void>;
  /** Resolves when the program has ended, whoever ended it. */
  ended: Promise<unknown>;
}

export interface StartOptions {
  /** Members of the policy beside, or in place of, those for tests: project `default`, registries on any port of this machine. */
  policy?: Record<string, unknown>;
  environment?: Record<string, string>;
  /** A data folder of an earlier run; else a new one that goes with the service. */
  data?: string;
  /** `dist`: what was built. */
  root?: string;
  /** Another program than `infra/local/start.ts`. */
  program?: string;
}

/** What tests run with: every port of this machine may be a registry with plain http. */
export const TEST_POLICY = {
  projects: [{ name: 'default', environments: ['dev', 'staging', 'prod'] }],
  network: { relaxed: { '127.0.0.1:*': ['plain-http', 'loopback'], 'localhost:*': ['plain-http', 'loopback'] } },
};

/** The real program, in a process of its own, on a port that the system chose. */
export async function startService(options: StartOptions = {}): Promise<Service> {
  const data = options.data ?? (await mkdtemp(join(tmpdir(), 'regcred-service-')));
  const policy = join(data, 'test-policy.json');
  await writeFile(policy, JSON.stringify({ ...TEST_POLICY, ...options.policy }));
  const child = spawn(
    process.execPath,
    [join(PROJECT, options.program ?? 'infra/local/start.ts'), ...(options.root ? [options.root] : [])],
    {
      cwd: PROJECT,
      env: { ...process.env, REGCRED_DATA: data, REGCRED_PORT: '0', REGCRED_POLICY: policy, ...options.environment },
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  );
  const output: string[] = [];
  // Not 'exit', which can come before the last output.
  const ended = once(child, 'close');
  try {
    const url = await started(child, output, ended);
    return serviceAt(url, { child, data, output, ended, keepData: options.data !== undefined });
  } catch (error) {
    child.kill('SIGKILL');
    await ended;
    if (options.data === undefined) await rm(data, { recursive: true });
    throw error;
  }
}

/** The first output that no start gets past. Throws an Error with what the program printed if it ended instead. */
function started(child: ChildProcess, output: string[], ended: Promise<unknown>): Promise<string> {
  return new Promise((done, fail) => {
    const limit = setTimeout(() => fail(new Error(`The service did not start:\n${output.join('\n')}`)), START_LIMIT);
    const onLine = (line: string) => {
      output.push(line);
      const url = /^regcred runs at (\S+)$/.exec(line)?.[1];
      if (!url) return;
      clearTimeout(limit);
      done(url);
    };
    for (const stream of [child.stdout, child.stderr]) if (stream) createInterface({ input: stream }).on('line', onLine);
    const onEnd = () => {
      clearTimeout(limit);
      fail(new Error(output.join('\n')));
    };
    void ended.finally(onEnd);
  });
}

interface Parts {
  child: ChildProcess;
  data: string;
  output: string[];
  ended: Promise<unknown>;
  keepData: boolean;
}

async function serviceAt(url: string, { child, data, output, ended, keepData }: Parts): Promise<Service> {
  const issuer = await openLocalIssuer(data);
  const tokens = new Map<string, Promise<string>>();
  const token = (claims: Partial<LocalClaims> = {}) => {
    const all = { subject: 'local', project: 'default', role: 'admin', environment: '', ...claims };
    const key = JSON.stringify(all);
    const made = tokens.get(key) ?? issuer.sign(all);
    tokens.set(key, made);
    return made;
  };
  const end = async (signal: NodeJS.Signals) => {
    if (child.exitCode === null && child.signalCode === null) child.kill(signal);
    await ended;
    return child.exitCode;
  };

  const request: Service['request'] = async (method, path, body, { as, headers = {}, raw } = {}) => {
    const bearer = as === null ? undefined : typeof as === 'string' ? as : await token(as);
    const hasBody = raw !== undefined || body !== undefined;
    const response = await fetch(new URL(path, url), {
      method,
      headers: {
        ...(bearer && { authorization: `Bearer ${bearer}` }),
        ...(hasBody && { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(hasBody && { body: raw ?? JSON.stringify(body) }),
    });
    const text = await response.text();
    return { status: response.status, headers: response.headers, text, json: parsed(text) };
  };

  return {
    url,
    data,
    ended,
    output: () => output.join('\n'),
    token,
    request,
    get: (path, options) => request('GET', path, undefined, options),
    post: (path, body, options) => request('POST', path, body, options),
    patch: (path, body, options) => request('PATCH', path, body, options),
    delete: (path, options) => request('DELETE', path, undefined, options),
    async trigger(functionName) {
      const { readFile } = await import('node:fs/promises');
      const key = (await readFile(join(data, 'host.key'), 'utf8')).trim();
      const reply = await request(
        'POST',
        `/admin/functions/${functionName}`,
        { input: '' },
        { as: null, headers: { 'x-functions-key': key } },
      );
      if (reply.status !== 202) throw new Error(`${functionName} was not started: ${reply.status} ${reply.text}`);
    },
    stop: () => end('SIGINT'),
    kill: async () => void (await end('SIGKILL')),
    async [Symbol.asyncDispose]() {
      await end('SIGKILL');
      if (!keepData) await rm(data, { recursive: true, force: true });
    },
  };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Who the default token says it is. */
export const LOCAL_ACTOR = { issuer: LOCAL_ISSUER, subject: 'local' };

/** Waits until `look` answers something, at most `milliseconds`; for what workers do behind a reply. */
export async function eventually<T>(look: () => Promise<T | undefined | false>, milliseconds = 10_000): Promise<T> {
  const end = Date.now() + milliseconds;
  for (;;) {
    const found = await look();
    if (found !== undefined && found !== false) return found;
    if (Date.now() > end) throw new Error('It did not happen in time');
    await new Promise((next) => setTimeout(next, 25));
  }
}

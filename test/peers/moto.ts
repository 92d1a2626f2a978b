import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { request as send } from 'node:http';
import { createInterface } from 'node:readline';
import type { Handler } from './http-peer.ts';
import { motoServer } from './need.ts';

/** Milliseconds that a start may take on a busy machine; usual is half a second. */
const START_LIMIT = 30_000;

export interface Moto extends AsyncDisposable {
  /** Passes a request on to it, as it is. For named-hosts.ts: moto tells services apart by their names. */
  handle: Handler;
  /** Makes a user with this policy, and a key for it. From then on keys and policies are enforced. */
  addUser(name: string, policy?: object): Promise<{ accessKeyId: string; secretAccessKey: string }>;
  /** Where a client of any service can ask it. */
  url: string;
  /** Forgets everything. */
  reset(): Promise<void>;
}

/** moto, which others wrote: AWS in memory. https://docs.getmoto.org/en/latest/docs/server_mode.html */
export async function startMoto(): Promise<Moto> {
  const child = spawn(motoServer() ?? 'moto_server', ['-H', '127.0.0.1', '-p', '0'], { stdio: ['ignore', 'ignore', 'pipe'] });
  const stop = async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const gone = once(child, 'close');
    child.kill('SIGKILL');
    await gone;
  };
  try {
    const port = await listeningPort(child);
    const url = `http://127.0.0.1:${port}`;
    return {
      url,
      handle: (request, response) => {
        const { method, url: path, headers } = request;
        const onward = send({ host: '127.0.0.1', port, method, path, headers }, (reply) => {
          response.writeHead(reply.statusCode ?? 500, reply.headers);
          reply.pipe(response);
        });
        onward.on('error', () => response.destroy());
        request.pipe(onward);
      },
      addUser: (name, policy) => addUser(url, name, policy),
      reset: () => ask(`${url}/moto-api/reset`),
      [Symbol.asyncDispose]: stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

function listeningPort(child: ChildProcess): Promise<number> {
  return new Promise((done, fail) => {
    const limit = setTimeout(() => fail(new Error('moto did not start in time.')), START_LIMIT);
    child.once('error', fail).once('close', () => fail(new Error('moto ended before it listened.')));
    if (!child.stderr) return;
    createInterface({ input: child.stderr }).on('line', (line) => {
      const port = /Running on http:\/\/127\.0\.0\.1:(\d+)/.exec(line)?.[1];
      if (!port) return;
      clearTimeout(limit);
      done(Number(port));
    });
  });
}

async function addUser(url: string, name: string, policy?: object): Promise<{ accessKeyId: string; secretAccessKey: string }> {
  const ask = (action: string, more: Record<string, string> = {}) => askIam(url, { Action: action, UserName: name, ...more });
  await enforce(url, 'inf');
  await ask('CreateUser');
  if (policy) await ask('PutUserPolicy', { PolicyName: 'its', PolicyDocument: JSON.stringify(policy) });
  const made = await ask('CreateAccessKey');
  await enforce(url, '0');
  const valueOf = (tag: string) => new RegExp(`<${tag}>([^<]+)</${tag}>`).exec(made)?.[1] ?? '';
  return { accessKeyId: valueOf('AccessKeyId'), secretAccessKey: valueOf('SecretAccessKey') };
}

/** How many calls are let through before signatures count. */
async function enforce(url: string, callsBefore: string): Promise<void> {
  await ask(`${url}/moto-api/reset-auth`, callsBefore);
}

/** https://docs.getmoto.org/en/latest/docs/server_mode.html#reset-api */
async function ask(url: string, body = ''): Promise<void> {
  const reply = await fetch(url, { method: 'POST', body });
  if (!reply.ok) throw new Error(`moto answered ${reply.status}`);
}

async function askIam(url: string, form: Record<string, string>): Promise<string> {
  // Nobody looks at the signature yet, but its scope says which service is meant.
  const scope = 'Credential=any/20300101/us-east-1/iam/aws4_request';
  const reply = await fetch(url, {
    method: 'POST',
    headers: { authorization: `AWS4-HMAC-SHA256 ${scope}, SignedHeaders=host, Signature=any` },
    body: new URLSearchParams({ Version: '2010-05-08', ...form }),
  });
  if (!reply.ok) throw new Error(`moto answered ${form['Action']} with ${reply.status}`);
  return reply.text();
}

import { execFile, spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { stringify } from 'yaml';
import type { Leaf } from './certificates.ts';
import type { TokenServer } from './token-server.ts';

const run = promisify(execFile);

export interface RealRegistryOptions {
  /** User names and passwords, or the token service that knows them. */
  auth: { users: Record<string, string> } | { tokenServer: TokenServer };
  tls?: Leaf;
}

export interface RealRegistry extends AsyncDisposable {
  /** `127.0.0.1:PORT`. */
  host: string;
  port: number;
  url: string;
  /** Copies a small image there with skopeo. */
  pushImage(image: { repository: string; tag?: string; username: string; password: string; ca?: string }): Promise<void>;
}

/** Debian's docker-registry, on a port of the system's choice, with a folder of its own. */
export async function startRealRegistry({ auth, tls }: RealRegistryOptions): Promise<RealRegistry> {
  const folder = await mkdtemp(join(tmpdir(), 'regcred-registry-'));
  const file = async (name: string, text: string) => {
    await writeFile(join(folder, name), text, { mode: 0o600 });
    return join(folder, name);
  };
  const config = {
    version: '0.1',
    log: { level: 'info' },
    storage: { filesystem: { rootdirectory: join(folder, 'data') }, delete: { enabled: true } },
    http: {
      addr: '127.0.0.1:0',
      ...(tls && { tls: { certificate: await file('tls.crt', tls.cert), key: await file('tls.key', tls.key) } }),
    },
    auth:
      'users' in auth
        ? { htpasswd: { realm: 'registry', path: await file('htpasswd', await passwords(auth.users)) } }
        : { token: await tokenAuth(auth.tokenServer, file) },
  };
  const child = spawn('docker-registry', ['serve', await file('config.yml', stringify(config))], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const stop = async () => {
    await ended(child);
    await rm(folder, { recursive: true, force: true });
  };
  try {
    const port = await listeningPort(child);
    const host = `127.0.0.1:${port}`;
    return {
      host,
      port,
      url: `${tls ? 'https' : 'http'}://${host}`,
      pushImage: (image) => pushImage(folder, host, image),
      [Symbol.asyncDispose]: stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** docker-registry takes bcrypt hashes only. */
async function passwords(users: Record<string, string>): Promise<string> {
  const lines = await Promise.all(
    Object.entries(users).map(([name, password]) => run('htpasswd', ['-Bbn', '-C', '4', name, password])),
  );
  return lines.map(({ stdout }) => stdout.trim()).join('\n');
}

async function tokenAuth(
  { realm, service, issuer, certificate }: TokenServer,
  file: (name: string, text: string) => Promise<string>,
) {
  return { realm, service, issuer, rootcertbundle: await file('token.crt', certificate) };
}

/** It says on stderr where it listens. What it says later is read, too, so that the pipe never fills. */
async function listeningPort({ stderr }: ChildProcess): Promise<number> {
  if (!stderr) throw new Error('docker-registry has no stderr');
  let said = '';
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  const giveUp = (why: string) => reject(new Error(`docker-registry ${why}:\n${said}`));
  const timer = setTimeout(giveUp, 10_000, 'did not start in time');
  stderr.setEncoding('utf8').on('data', (text: string) => {
    said = (said + text).slice(-10_000);
    const [, port] = /listening on \S*?:(\d+)/.exec(said) ?? [];
    if (port) resolve(Number(port));
  });
  stderr.once('close', () => giveUp('ended'));
  return promise.finally(() => clearTimeout(timer));
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return;
  const exited = new Promise((resolve) => {
    child.once('exit', resolve);
  });
  child.kill('SIGKILL');
  await exited;
}

async function pushImage(folder: string, host: string, image: Parameters<RealRegistry['pushImage']>[0]): Promise<void> {
  const { repository, tag = 'latest', username, password, ca } = image;
  const layout = join(folder, 'layout');
  await writeLayout(layout);
  await mkdir(join(folder, 'certs'), { recursive: true });
  if (ca) await writeFile(join(folder, 'certs', 'ca.crt'), ca);
  const trust = ca ? ['--dest-cert-dir', join(folder, 'certs')] : ['--dest-tls-verify=false'];
  const to = `docker://${host}/${repository}:${tag}`;
  await run(
    'skopeo',
    ['copy', '--quiet', '--insecure-policy', ...trust, '--dest-creds', `${username}:${password}`, `oci:${layout}:latest`, to],
    {
      timeout: 20_000,
    },
  );
}

/** The smallest image: an OCI layout of one config and one empty layer. */
async function writeLayout(folder: string): Promise<void> {
  const blobs = join(folder, 'blobs', 'sha256');
  await mkdir(blobs, { recursive: true });
  const put = async (mediaType: string, content: Buffer) => {
    const hex = createHash('sha256').update(content).digest('hex');
    await writeFile(join(blobs, hex), content);
    return { mediaType, digest: `sha256:${hex}`, size: content.length };
  };
  // Two blocks of zeroes end a tar archive.
  const layer = await put('application/vnd.oci.image.layer.v1.tar', Buffer.alloc(1024));
  const config = await put(
    'application/vnd.oci.image.config.v1+json',
    json({ architecture: 'amd64', os: 'linux', config: {}, rootfs: { type: 'layers', diff_ids: [layer.digest] } }),
  );
  const manifest = await put('application/vnd.oci.image.manifest.v1+json', json({ schemaVersion: 2, config, layers: [layer] }));
  await writeFile(join(folder, 'oci-layout'), JSON.stringify({ imageLayoutVersion: '1.0.0' }));
  const named = { ...manifest, annotations: { 'org.opencontainers.image.ref.name': 'latest' } };
  await writeFile(join(folder, 'index.json'), JSON.stringify({ schemaVersion: 2, manifests: [named] }));
}

function json(value: object): Buffer {
  return Buffer.from(JSON.stringify(value));
}

import { execFile } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Milliseconds for one run of a client. */
const LIMIT = 30_000;

interface Outcome {
  isOk: boolean;
  /** What it said of a failure. */
  said: string;
}

export interface Image {
  /** `127.0.0.1:PORT` */
  host: string;
  repository: string;
  /** Of the registry's certificate. Absent: the client is told not to verify, or to speak plain http. */
  ca?: string;
}

/** Programs that log in with a file that they are given and with nothing else; what they fetch goes into `folder`. */
export interface Clients {
  skopeoPull(image: Image, authFile: string): Promise<Outcome>;
  /** Copies what was pulled from `image` back under another tag. */
  skopeoPush(image: Image, authFile: string): Promise<Outcome>;
  podmanPull(image: Image, authFile: string): Promise<Outcome>;
}

export function clientsIn(folder: string): Clients {
  // No login of this machine's user may help.
  const environment = { ...process.env, HOME: folder, XDG_RUNTIME_DIR: folder, DOCKER_CONFIG: folder };
  const run = (program: string, args: string[]) =>
    new Promise<Outcome>((done) => {
      execFile(program, args, { timeout: LIMIT, env: environment }, (error, stdout, stderr) =>
        done({ isOk: error === null, said: `${stdout}${stderr}` }),
      );
    });
  const copy = async (side: 'src' | 'dest', { ca }: Image, authFile: string, [from, to]: [string, string]) => {
    const trust = ca ? [`--${side}-cert-dir`, await certificates(folder, ca)] : [`--${side}-tls-verify=false`];
    return run('skopeo', ['copy', '--insecure-policy', ...trust, `--${side}-authfile`, authFile, from, to]);
  };
  const pulled = `dir:${join(folder, 'pulled')}`;
  return {
    skopeoPull: (image, authFile) => copy('src', image, authFile, [`docker://${image.host}/${image.repository}:latest`, pulled]),
    skopeoPush: (image, authFile) => copy('dest', image, authFile, [pulled, `docker://${image.host}/${image.repository}:pushed`]),
    podmanPull: async ({ host, repository, ca }, authFile) => {
      // Any other driver mounts something in the folder.
      const storage = ['--storage-driver', 'vfs', '--root', join(folder, 'podman'), '--runroot', join(folder, 'podman-run')];
      const trust = ca ? ['--cert-dir', await certificates(folder, ca)] : ['--tls-verify=false'];
      const reference = `${host}/${repository}:latest`;
      return run('podman', [...storage, 'pull', '--quiet', ...trust, '--authfile', authFile, reference]);
    },
  };
}

/** A folder as both clients want it. */
async function certificates(folder: string, ca: string): Promise<string> {
  const path = join(folder, 'certificates');
  await mkdir(path, { recursive: true });
  await writeFile(join(path, 'ca.crt'), ca);
  return path;
}

import { parseArgs } from 'node:util';
import { ROLES, type Policy } from '../../shared/domain/policy.ts';
import { openLocalIssuer, type LocalClaims } from './issuer.ts';
import { prepareLocalEnvironment } from './local-environment.ts';
import { readLocalPolicy } from './local-policy.ts';
import { main } from './main.ts';

const OPTIONS = {
  project: { type: 'string', default: 'default' },
  role: { type: 'string', default: 'admin' },
  environment: { type: 'string', default: '' },
  subject: { type: 'string', default: 'local' },
} as const;

/** `npm run -s token -- [--project P] [--role R] [--environment E] [--subject S]`: prints a token for the local run. */
await main(async () => {
  const claims = readArguments();
  const { dataFolder, policy } = await prepareLocalEnvironment();
  check(claims, await readLocalPolicy(dataFolder, policy));
  const issuer = await openLocalIssuer(dataFolder);
  console.log(await issuer.sign(claims));
});

function readArguments(): LocalClaims {
  try {
    return { ...parseArgs({ options: OPTIONS }).values };
  } catch (error) {
    throw new Error((error as Error).message.split('\n')[0], { cause: error });
  }
}

/** A token for what is not declared would be refused everywhere, and leave one guessing why. */
function check({ project: name, role, environment }: LocalClaims, { projects }: Policy): void {
  const project = projects.find((one) => one.name === name);
  if (!project) throw new Error(`There is no project "${name}": ${listOf(projects.map((one) => one.name))}`);
  if (!ROLES.some((one) => one === role)) throw new Error(`There is no role "${role}": ${listOf(ROLES)}`);
  if (environment === '' || project.environments.includes(environment)) return;
  throw new Error(`The project "${name}" has no environment "${environment}": ${listOf(project.environments)}`);
}

function listOf(names: readonly string[]): string {
  return `choose ${names.join(', ')}`;
}

import { z } from 'zod';
import { SECOND } from '../../lib/clock.ts';
import { basicAuthorization } from '../../oci/basic.ts';
import type { Login } from '../../oci/login.ts';
import { asRefusal } from '../../oci/refusals.ts';
import type { MethodContext } from '../provider.ts';
import { readAnswer } from '../read-answer.ts';

type HarborContext = Pick<MethodContext, 'http' | 'signal'>;

/** Of robots on one page: the most that Harbor gives. */
const PAGE_SIZE = 100;

const Project = z.object({ project_id: z.number().int() });

const Robots = z.array(
  z.object({
    id: z.number().int(),
    name: z.string(),
    /** Seconds since 1970; -1: never. */
    expires_at: z.number().optional().catch(undefined),
    permissions: z.array(z.object({ namespace: z.string().catch('') })).catch([]),
  }),
);

/** A robot, as Harbor knows it. */
interface RobotRecord {
  id: string;
  /** `never`: it has no end. Absent: it is not told. */
  expiresAt?: Date | 'never';
  isForAllProjects: boolean;
}

/**
 * What Harbor's API says of the robot that asks. Undefined: it may not read that, as most may not, or nothing could be read.
 *
 * https://github.com/goharbor/harbor/blob/main/api/v2.0/swagger.yaml
 */
export async function readRobot(context: HarborContext, login: Login): Promise<RobotRecord | undefined> {
  try {
    const filter = await filterFor(context, login);
    if (filter === undefined) return undefined;
    const robots = await get(context, `robots?q=${encodeURIComponent(filter)}&page_size=${PAGE_SIZE}`, login, Robots);
    const robot = robots?.find(({ name }) => name === login.username);
    return robot && recordOf(robot);
  } catch (error) {
    asRefusal(error);
    return undefined;
  }
}

/** Robots are listed by level, those of a project by its number. Undefined: the project cannot be told from the name. */
async function filterFor(context: HarborContext, login: Login): Promise<string | undefined> {
  if (!login.username.includes('+')) return 'Level=system';
  // `robot$project+name`; where the prefix has no $, nobody but Harbor knows where it ends.
  const [, project] = /^.*\$([^$+]+)\+/.exec(login.username) ?? [];
  const found = project && (await get(context, `projects/${encodeURIComponent(project)}`, login, Project));
  return found ? `Level=project,ProjectID=${found.project_id}` : undefined;
}

async function get<Schema extends z.ZodType>(
  { http, signal }: HarborContext,
  path: string,
  login: Login,
  schema: Schema,
): Promise<z.output<Schema> | undefined> {
  const authorization = basicAuthorization(login);
  const answer = await http.request(new URL(`/api/v2.0/${path}`, http.origin), {
    headers: { authorization, accept: 'application/json' },
    signal,
  });
  return answer.status === 200 ? readAnswer(schema, answer) : undefined;
}

function recordOf({ id, expires_at, permissions }: z.output<typeof Robots>[number]): RobotRecord {
  return {
    id: String(id),
    isForAllProjects: permissions.some(({ namespace }) => namespace === '*'),
    ...(expires_at !== undefined && { expiresAt: expires_at < 0 ? 'never' : new Date(expires_at * SECOND) }),
  };
}

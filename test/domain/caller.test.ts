import { describe, expect, test } from 'vitest';
import { canSee, grantingRules, requireRole, type Caller } from '../../shared/domain/caller.ts';
import type { Credential } from '../../shared/domain/credential.ts';
import { etagOf, requireRevision } from '../../shared/domain/etag.ts';
import { Policy, ROLES, type Role, type Rule } from '../../shared/domain/policy.ts';
import { AppError } from '../../shared/lib/errors.ts';

const [PROJECT] = Policy.parse({ projects: [{ name: 'default', environments: ['dev', 'prod'] }] }).projects;
if (!PROJECT) throw new Error('The policy has a project');

const caller = (...rules: Partial<Rule>[]): Caller => ({
  issuer: 'https://issuer.example.com',
  subject: 'robot',
  rules: rules.map((rule) => ({
    issuer: 'https://issuer.example.com',
    match: { sub: 'robot' },
    project: 'default',
    roles: ['reader'],
    ...rule,
  })),
});

function codeOf(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    if (error instanceof AppError) return error.code;
    throw error;
  }
  return 'granted';
}

describe('the roles', () => {
  const INCLUDES: Record<Role, Role[]> = {
    reader: ['reader'],
    consumer: ['reader', 'consumer'],
    operator: ['reader', 'operator'],
    admin: ['reader', 'consumer', 'operator', 'admin'],
  };

  test.for(ROLES.flatMap((given) => ROLES.map((wanted) => [given, wanted] as const)))('%s, asked for %s', ([given, wanted]) => {
    const answer = codeOf(() => requireRole(caller({ roles: [given] }), PROJECT, wanted));

    expect(answer).toBe(INCLUDES[given].includes(wanted) ? 'granted' : 'FORBIDDEN');
  });

  test('of another project are none, and of * are those of every project', () => {
    expect(codeOf(() => requireRole(caller({ project: 'other', roles: ['admin'] }), PROJECT, 'reader'))).toBe('NOT_FOUND');
    expect(codeOf(() => requireRole(caller({ project: '*', roles: ['admin'] }), PROJECT, 'reader'))).toBe('granted');
    expect(codeOf(() => requireRole(caller({ project: '*', roles: ['admin'] }), undefined, 'reader'))).toBe('NOT_FOUND');
    expect(codeOf(() => requireRole(caller(), PROJECT, 'reader'))).toBe('NOT_FOUND');
  });
});

const consumer = (more: Partial<Rule>) => ({ roles: ['consumer'] satisfies Role[], ...more });

describe('a grant', () => {
  test.for<[string, Partial<Rule>[], string[], 'pull' | 'push', boolean, boolean]>([
    // rules, environments and purpose of the credential; may have it; may see it
    ['everything', [consumer({})], [], 'pull', true, true],
    ['its environment', [consumer({ environments: ['dev'] })], ['dev'], 'pull', true, true],
    ['one of its environments', [consumer({ environments: ['dev'] })], ['dev', 'prod'], 'pull', false, true],
    ['one of all', [consumer({ environments: ['dev'] })], [], 'pull', false, true],
    ['all of all, by name', [consumer({ environments: ['dev', 'prod'] })], [], 'pull', true, true],
    ['another environment', [consumer({ environments: ['prod'] })], ['dev'], 'pull', false, false],
    ['another purpose', [consumer({ purposes: ['pull'] })], [], 'push', false, false],
    [
      'each half by a rule of its own',
      [consumer({ environments: ['dev'] }), consumer({ environments: ['prod'] })],
      [],
      'pull',
      false,
      true,
    ],
    [
      'role and environment by two rules',
      [{ roles: ['reader'] }, consumer({ environments: ['dev'] })],
      ['prod'],
      'pull',
      false,
      true,
    ],
    [
      'purpose and environment by two rules',
      [consumer({ purposes: ['push'] }), consumer({ environments: ['dev'] })],
      ['prod'],
      'pull',
      false,
      false,
    ],
  ])('of %s', ([, rules, environments, purpose, isGranted, isSeen]) => {
    const scope = { environments, purpose };

    expect(grantingRules(caller(...rules), PROJECT, 'consumer', scope).length > 0).toBe(isGranted);
    expect(canSee(caller(...rules), PROJECT, scope)).toBe(isSeen);
  });
});

describe('If-Match', () => {
  const credential = { revision: 7 } as Credential;
  test.for<[string | undefined, 'required' | 'optional', string]>([
    [undefined, 'required', 'ETAG_REQUIRED'],
    [undefined, 'optional', 'granted'],
    ['"7"', 'required', 'granted'],
    [' "7" ', 'required', 'granted'],
    ['"6", "7"', 'required', 'granted'],
    ['*', 'required', 'granted'],
    ['"8"', 'optional', 'ETAG_MISMATCH'],
    ['"07"', 'required', 'ETAG_MISMATCH'],
    ['W/"7"', 'required', 'INVALID_INPUT'],
    ['7', 'required', 'INVALID_INPUT'],
    ['', 'required', 'INVALID_INPUT'],
    ['"7', 'required', 'INVALID_INPUT'],
    ['"7",', 'required', 'INVALID_INPUT'],
    ['*, "7"', 'required', 'INVALID_INPUT'],
  ])('%s, %s: %s', ([header, need, expected]) => {
    expect(codeOf(() => requireRevision(credential, header, need))).toBe(expected);
  });

  test('is the revision in quotes', () => {
    expect(etagOf(credential)).toBe('"7"');
  });
});

import { describe, expect, test } from 'vitest';
import { requireAllowedAddress } from '../../shared/domain/check.ts';
import { readCreateInput } from '../../shared/domain/credential-input.ts';
import type { Project } from '../../shared/domain/policy.ts';
import { subjectOfInput } from '../../shared/domain/subject.ts';
import type { AppError } from '../../shared/lib/errors.ts';
import { openApp } from './open-app.ts';

const project = (hosts: string[]): Project => ({ name: 'default', environments: ['dev'], networks: [], upstreams: [], hosts });

describe('the registries that a project may name', () => {
  test.for([
    { hosts: ['docker.io'], url: 'docker.io', outcome: 'allowed' },
    { hosts: ['registry-1.docker.io'], url: 'docker.io', outcome: 'allowed' },
    { hosts: ['*.example.com'], url: 'registry.example.com', outcome: 'allowed' },
    { hosts: ['*.example.com'], url: 'docker.io', outcome: 'ADDRESS_BLOCKED' },
    { hosts: ['docker.io'], url: 'registry.example.com', outcome: 'ADDRESS_BLOCKED' },
  ])('$hosts and $url: $outcome', async ({ hosts, url, outcome }) => {
    await using open = await openApp();
    const input = readCreateInput(project(hosts), { name: 'CI', url, username: 'ci', password: 'right-password' });

    expect(outcomeOf(() => requireAllowedAddress(open.app, subjectOfInput(project(hosts), input)))).toBe(outcome);
  });
});

function outcomeOf(run: () => void): string {
  try {
    run();
    return 'allowed';
  } catch (error) {
    return (error as AppError).code;
  }
}

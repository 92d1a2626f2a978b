import { describe, expect, test } from 'vitest';
import { requireAllowedAddress } from '../../shared/domain/check.ts';
import { readCreateInput } from '../../shared/domain/credential-input.ts';
import type { Project } from '../../shared/domain/policy.ts';
import { subjectOfInput } from '../../shared/domain/subject.ts';
import { openApp } from './open-app.ts';

const project = (hosts: string[]): Project => ({ name: 'default', environments: ['dev'], networks: [], upstreams: [], hosts });

describe('the registries that a project may name', () => {
  test.for([
    { hosts: ['docker.io'], url: 'docker.io', isAllowed: true },
    { hosts: ['registry-1.docker.io'], url: 'docker.io', isAllowed: true },
    { hosts: ['*.example.com'], url: 'registry.example.com', isAllowed: true },
    { hosts: ['*.example.com'], url: 'docker.io', isAllowed: false },
    { hosts: ['docker.io'], url: 'registry.example.com', isAllowed: false },
  ])('$hosts and $url: $isAllowed', async ({ hosts, url, isAllowed }) => {
    await using open = await openApp();
    const input = readCreateInput(project(hosts), { name: 'CI', url, username: 'ci', password: 'right-password' });
    const subject = subjectOfInput(project(hosts), input);

    const ask = () => requireAllowedAddress(open.app, subject);

    if (isAllowed) expect(ask).not.toThrow();
    else expect(ask).toThrow(/hosts|may name|project/i);
  });
});

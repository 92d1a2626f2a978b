import { describe, expect, test } from 'vitest';
import { isWithin } from '../../shared/domain/upstreams.ts';

const APP = '3f2b8c1e-5d47-4a90-9b6e-0c1d2e3f4a5b';
const GROUP = '/subscriptions/3f2b8c1e-5d47-4a90-9b6e-0c1d2e3f4a5b/resourceGroups/images';
const REGISTRY = `${GROUP}/providers/Microsoft.ContainerRegistry/registries/contoso`;

describe('what a project may have regcred touch', () => {
  test.for<[string, string]>([
    [REGISTRY, REGISTRY],
    [GROUP, REGISTRY],
    [`${GROUP}/`, REGISTRY],
    [GROUP.toLowerCase(), REGISTRY],
    [APP.toUpperCase(), APP],
    ['arn:aws:iam::123456789012:role/team', 'arn:aws:iam::123456789012:role/team/pull'],
    ['arn:aws:iam::123456789012:role', 'arn:aws:iam::123456789012:role/pull'],
    ['projects/my-project', 'projects/my-project/serviceAccounts/pull@my-project.iam.gserviceaccount.com'],
  ])('%s covers %s', ([upstream, name]) => {
    expect(isWithin(['projects/another', upstream], name)).toBe(true);
  });

  test.for<[string, string]>([
    [`${GROUP}/providers/Microsoft.ContainerRegistry/registries/cont`, REGISTRY],
    [REGISTRY, GROUP],
    ['arn:aws:iam::123456789012:role/team', 'arn:aws:iam::123456789012:role/teammate'],
    ['arn:aws:iam::123456789012:role/team', 'arn:aws:iam::123456789012:role/Team/pull'],
    ['arn:aws:iam::123456789012:role', 'arn:aws:iam::210987654321:role/pull'],
    ['projects/my-project', 'projects/my-project-2/serviceAccounts/pull@my-project-2.iam.gserviceaccount.com'],
  ])('%s does not cover %s', ([upstream, name]) => {
    expect(isWithin([upstream], name)).toBe(false);
  });

  test('none covers nothing', () => {
    expect(isWithin([], APP)).toBe(false);
  });
});

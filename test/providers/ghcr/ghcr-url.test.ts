import { expect, test } from 'vitest';
import { parseRegistryAddress } from '../../../shared/oci/address.ts';
import { gitHubApi } from '../../../shared/providers/ghcr/ghcr-url.ts';

test.for([
  ['ghcr.io', 'https://api.github.com'],
  ['ghcr.io/acme', 'https://api.github.com'],
  ['containers.acme.ghe.com', 'https://api.acme.ghe.com'],
  ['containers.github.example.com', 'https://github.example.com/api/v3'],
  ['containers.github.example.com:8443', 'https://github.example.com:8443/api/v3'],
])('tokens for %s are shown to %s and to nobody else', ([registry = '', api]) => {
  expect(gitHubApi(parseRegistryAddress(registry))).toBe(api);
});

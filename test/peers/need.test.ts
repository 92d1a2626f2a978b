import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { needs, requiredPeers } from './need.ts';

describe('needs', () => {
  test('skips where a peer is missing, and says which', () => {
    vi.stubEnv('PATH', '');
    vi.stubEnv('REQUIRE_PEERS', '');
    onTestFinished(() => void vi.unstubAllEnvs());

    expect(needs('registry', 'skopeo')).toEqual({ skip: true, meta: { missingPeers: ['registry', 'skopeo'] } });
  });

  test.for(['1', 'skopeo', 'registry, skopeo'])('fails where REQUIRE_PEERS=%s asks for it', (required) => {
    vi.stubEnv('PATH', '');
    vi.stubEnv('REQUIRE_PEERS', required);
    onTestFinished(() => void vi.unstubAllEnvs());

    expect(() => needs('skopeo')).toThrow('skopeo');
  });

  test('knows no peer of another name', () => {
    expect(() => requiredPeers('registry,scopeo')).toThrow('scopeo');
  });
});

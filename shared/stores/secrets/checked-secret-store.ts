import type { SecretStore, SecretVersion } from '../../domain/ports.ts';
import type { Secret } from '../../lib/secret.ts';
import { checkOperationId, checkSecretName, checkSecretValue, checkTags } from './limits.ts';

/** A version that is to be written. */
export interface Draft {
  name: string;
  value: Secret;
  /** A UUID in lower case. */
  operation: string;
  expiresAt: Date | undefined;
  tags: Record<string, string>;
}

/** The port, for arguments that are known to be good; errors are those of what is asked. */
export interface SecretCalls {
  /** Answers the version. */
  put(draft: Draft): Promise<string>;
  get(name: string, version: string): Promise<Secret | undefined>;
  find(name: string, operation: string): Promise<string | undefined>;
  retire(name: string, version: string): Promise<void>;
  remove(name: string): Promise<void>;
  restore(name: string): Promise<void>;
  purge?: (name: string) => Promise<void>;
  list(): AsyncIterable<SecretVersion>;
}

export interface StoreRules {
  /** What a version of this store looks like: one that does not is not there. */
  version: RegExp;
  /** The error that a caller may see for one that a call threw. */
  failure: (error: unknown) => unknown;
}

/** What all stores of secrets have in common: limits are checked before anything is asked, and every failure is turned into the port's. */
export function checkedSecretStore({ version: versions, failure }: StoreRules, calls: SecretCalls): SecretStore {
  const { purge } = calls;
  const asked = async <T>(name: string, run: () => Promise<T>): Promise<T> => {
    checkSecretName(name);
    try {
      return await run();
    } catch (error) {
      throw failure(error);
    }
  };
  return {
    put: async (name, value, { operationId, expiresAt, tags }) => {
      checkSecretValue(value);
      checkTags(tags);
      const operation = toOperation(operationId);
      return { version: await asked(name, () => calls.put({ name, value, operation, expiresAt, tags })) };
    },
    get: (name, version) => asked(name, async () => (versions.test(version) ? calls.get(name, version) : undefined)),
    find: async (name, operationId) => {
      const operation = toOperation(operationId);
      return asked(name, () => calls.find(name, operation));
    },
    retire: (name, version) => asked(name, async () => (versions.test(version) ? calls.retire(name, version) : undefined)),
    remove: (name) => asked(name, () => calls.remove(name)),
    restore: (name) => asked(name, () => calls.restore(name)),
    ...(purge && { purge: (name: string) => asked(name, () => purge(name)) }),
    async *list() {
      try {
        yield* calls.list();
      } catch (error) {
        throw failure(error);
      }
    },
  };
}

function toOperation(operationId: string): string {
  checkOperationId(operationId);
  return operationId.toLowerCase();
}

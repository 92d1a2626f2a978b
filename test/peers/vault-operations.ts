import {
  disabled,
  failed,
  isBeingDeleted,
  isBeingRecovered,
  notFound,
  page,
  type Answer,
  type PageQuery,
} from './vault-answers.ts';
import { bundle, versionOf, type Draft, type VaultSecret, type VaultSecrets } from './vault-secrets.ts';

const DAY = 86_400;

/** What an operation is given. */
export interface Asked {
  host: string;
  name: string;
  /** The version; '' is the newest. */
  rest: string;
  secret: VaultSecret | undefined;
  draft: Draft;
  secrets: VaultSecrets;
  page: PageQuery;
}

/** By method and place: https://learn.microsoft.com/rest/api/keyvault/secrets */
export const OPERATIONS: Record<string, (asked: Asked) => Answer> = {
  'GET secrets': ({ host, secrets, page: query }) =>
    page(
      query,
      secrets.inState('active').map((secret) => listed(host, secret)),
      true,
    ),
  'GET deletedsecrets': ({ host, secrets, page: query }) =>
    page(
      query,
      secrets.inState('deleted').map((secret) => deletedBundle(host, secret, false)),
      true,
    ),
  'GET secrets/NAME/versions': ({ host, secret, page: query }) =>
    page(query, secret?.state === 'active' ? sortedVersions(host, secret) : [], false),
  'PUT secrets/NAME': setSecret,
  'GET secrets/NAME': getSecret,
  'GET secrets/NAME/VERSION': getSecret,
  'PATCH secrets/NAME/VERSION': patchSecret,
  'DELETE secrets/NAME': deleteSecret,
  'GET deletedsecrets/NAME': getDeleted,
  'DELETE deletedsecrets/NAME': purge,
  'POST deletedsecrets/NAME/recover': recover,
};

function setSecret({ host, name, secret, draft, secrets }: Asked): Answer {
  // In words of its own only once a deletion is asked for; that of a recovery was never recorded.
  if (secret?.state === 'recovering') return isBeingRecovered();
  if (secret && secret.state !== 'active') {
    const text = `Secret ${name} is currently in a deleted but recoverable state, and its name cannot be reused; in this state, the secret can only be recovered or purged.`;
    return failed(409, 'Conflict', text, 'ObjectIsDeletedButRecoverable');
  }
  if (Buffer.byteLength(draft.value ?? '') > 25_000) return failed(400, 'BadParameter', 'The secret value is too long.');
  return { status: 200, body: bundle(host, name, secrets.set(name, draft), { value: true }) };
}

function getSecret({ host, name, rest, secret }: Asked): Answer {
  const version = secret?.state === 'active' ? versionOf(secret, rest) : undefined;
  if (!version) return notFound(name);
  return version.attributes?.enabled === false ? disabled() : { status: 200, body: bundle(host, name, version, { value: true }) };
}

/** What is left out stays as it is. */
function patchSecret({ host, name, rest, secret, draft }: Asked): Answer {
  const version = secret?.state === 'active' ? versionOf(secret, rest) : undefined;
  if (!version) return notFound(name);
  const { value: _unchanged, attributes, ...members } = draft;
  Object.assign(version, members, {
    attributes: { ...version.attributes, ...attributes },
    updatedAt: Math.floor(Date.now() / 1000),
  });
  return { status: 200, body: bundle(host, name, version) };
}

function deleteSecret({ host, name, secret, secrets }: Asked): Answer {
  if (secret?.state === 'recovering') return isBeingRecovered();
  if (secret?.state !== 'active') return notFound(name);
  if (secret.isManaged) {
    const text = 'Operation "delete" is not allowed as this object\'s lifetime is managed by Key Vault.';
    return failed(403, 'Forbidden', text, 'SecretManagedByKeyVault');
  }
  secrets.delete(secret);
  return { status: 200, body: deletedBundle(host, secret) };
}

function getDeleted({ host, name, secret }: Asked): Answer {
  if (secret?.state !== 'deleted') return failed(404, 'SecretNotFound', `Deleted Secret not found: ${name}`);
  return versionOf(secret, '')?.attributes?.enabled === false ? disabled() : { status: 200, body: deletedBundle(host, secret) };
}

function purge({ name, secret, secrets }: Asked): Answer {
  if (secret?.state === 'deleting') return isBeingDeleted();
  if (secret?.state !== 'deleted') return failed(404, 'SecretNotFound', `Deleted Secret not found: ${name}`);
  secrets.purge(secret);
  return { status: 204 };
}

/** Of a deletion that is still running it answers as a purge was recorded to. */
function recover({ host, name, secret, secrets }: Asked): Answer {
  if (secret?.state === 'deleting') return isBeingDeleted();
  if (secret?.state === 'recovering') return isBeingRecovered();
  if (secret?.state !== 'deleted') return notFound(name);
  secrets.recover(secret);
  const newest = versionOf(secret, '');
  return newest ? { status: 200, body: bundle(host, secret.name, newest) } : notFound(name);
}

function listed(host: string, secret: VaultSecret): object {
  const newest = versionOf(secret, '');
  return newest ? bundle(host, secret.name, newest, { version: false }) : {};
}

/** By id, not by time. */
function sortedVersions(host: string, { name, versions }: VaultSecret): object[] {
  return versions.toSorted((a, b) => (a.id < b.id ? -1 : 1)).map((version) => bundle(host, name, version));
}

function deletedBundle(host: string, secret: VaultSecret, showsVersion = true): object {
  const newest = versionOf(secret, '');
  return {
    recoveryId: `https://${host}/deletedsecrets/${secret.name}`,
    deletedDate: secret.deletedAt,
    scheduledPurgeDate: secret.deletedAt + 7 * DAY,
    ...(newest && bundle(host, secret.name, newest, { version: showsVersion })),
  };
}

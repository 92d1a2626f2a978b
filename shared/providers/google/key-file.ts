import { z } from 'zod';
import { Secret } from '../../lib/secret.ts';
import type { FieldMeta, Mistake } from '../fields.ts';
import { findForeignToken } from '../token-shapes.ts';
import { isKnownTokenUrl, universeOfKey } from './hosts.ts';
import { parsePastedJson } from './pasted-json.ts';
import { repairPrivateKey } from './private-key.ts';

/** A key of 4096 bits is 4 KB; in base64 and escaped, below 16. */
const LONGEST = 16_384;

/** What of a key file is needed; the rest stays in it. https://cloud.google.com/iam/docs/keys-create-delete */
const ServiceAccountKey = z.looseObject({
  type: z.literal('service_account'),
  client_email: z.string().regex(/^[^\s@]+@[^\s@]+\.gserviceaccount\.com$/),
  private_key_id: z.string().regex(/^[\w-]{1,128}$/),
  private_key: z.string(),
  token_uri: z.string().optional(),
  universe_domain: z.string().optional(),
});
export type ServiceAccountKey = z.output<typeof ServiceAccountKey>;

/** Documents of Google that look alike, and hold addresses and files that whoever wrote them chose: never followed. */
const OTHER_TYPES: Record<string, string> = {
  authorized_user: "is a person's own login",
  external_account: 'is a configuration of workload identity federation, which holds no key',
  external_account_authorized_user: "is a person's own login",
  impersonated_service_account: "is a person's login in the name of a service account",
  gdch_service_account: 'is a key of Google Distributed Cloud',
};

const WHOLE_FILE = 'Paste the whole file, from { to }, as it was downloaded.';

const BROKEN_KEY: Mistake = {
  code: 'PRIVATE_KEY_BROKEN',
  message: 'has a private key that cannot be read',
  hint: `A part of it is missing. ${WHOLE_FILE}`,
};

/** The whole key file of a service account as one secret; what comes out is JSON on one line. */
export const keyFileField = () =>
  z
    .string()
    .min(1)
    .max(LONGEST)
    .meta({
      label: 'Key file',
      group: 'details',
      order: 30,
      format: 'key-file',
      description: 'The whole JSON file. It may be pretty, minified, in quotes or in base64.',
      obtain: 'Google Cloud console > IAM & Admin > Service Accounts > the account > Keys > Add key > JSON.',
      writeOnly: true,
    } satisfies FieldMeta)
    .transform((text, context) => {
      const { key, mistake } = readPastedKey(text);
      if (key) return new Secret(JSON.stringify(key));
      const { message, ...params } = mistake;
      context.addIssue({ code: 'custom', message, params });
      return z.NEVER;
    });

/** The key in a field that was read by `keyFileField`. */
export function openKeyFile(keyFile: Secret): ServiceAccountKey {
  return ServiceAccountKey.parse(JSON.parse(keyFile.reveal()));
}

type PastedKey = { key: ServiceAccountKey; mistake?: never } | { key?: never; mistake: Mistake };

function readPastedKey(text: string): PastedKey {
  const document = parsePastedJson(text);
  if (typeof document !== 'object' || document === null) return { mistake: noDocument(text) };
  const { data, error } = ServiceAccountKey.safeParse(document);
  if (!data) return { mistake: wrongDocument(document, error) };
  const privateKey = repairPrivateKey(data.private_key);
  if (!privateKey) return { mistake: BROKEN_KEY };
  const mistake = foreignAddress(data);
  return mistake ? { mistake } : { key: { ...data, private_key: privateKey } };
}

function noDocument(text: string): Mistake {
  return (
    findForeignToken(text, ['google-key-file']) ?? {
      code: 'NOT_A_KEY_FILE',
      message: 'is not the JSON of a key file',
      hint: `${WHOLE_FILE} Keys of type P12 are not taken: make one of type JSON.`,
    }
  );
}

function wrongDocument(document: object, error: z.ZodError): Mistake {
  const { type } = document as { type?: unknown };
  if (type !== 'service_account') {
    const known = typeof type === 'string' && Object.hasOwn(OTHER_TYPES, type) ? OTHER_TYPES[type] : undefined;
    const client = 'installed' in document || 'web' in document ? 'is an OAuth client, which cannot log in by itself' : undefined;
    return {
      code: 'WRONG_KEY_TYPE',
      message: known ?? client ?? 'is not a key of a service account',
      hint: 'Make a key of a service account; its type is service_account.',
    };
  }
  const wrong = [...new Set(error.issues.map(({ path }) => String(path[0])))].join(', ');
  return { code: 'KEY_FILE_INCOMPLETE', message: `lacks, or has in a wrong form: ${wrong}`, hint: WHOLE_FILE };
}

/** A key is only ever used at Google's own addresses, so one that names others is refused rather than understood. */
function foreignAddress({ universe_domain: domain, token_uri: tokenUrl }: ServiceAccountKey): Mistake | undefined {
  const universe = universeOfKey(domain);
  if (!universe) {
    return {
      code: 'UNIVERSE_UNKNOWN',
      message: 'is a key for a cloud that regcred does not know',
      hint: 'Its universe_domain should be googleapis.com.',
    };
  }
  if (tokenUrl === undefined || isKnownTokenUrl(tokenUrl, universe)) return undefined;
  return {
    code: 'TOKEN_URI_FOREIGN',
    message: "names a token service that is not Google's",
    hint: `Its token_uri should be ${universe.tokenUrl}. Make a new key if you do not know who changed it.`,
  };
}

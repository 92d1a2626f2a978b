import { randomUUID } from 'node:crypto';
import { StorageRefusal } from '../azure/storage-failure.ts';

/** One operation as the service takes it. */
export interface BatchPart {
  method: 'POST' | 'PUT' | 'DELETE';
  /** Of the row, or of the table for POST. */
  url: string;
  /** The only version to be changed; `*` for any. */
  ifMatch?: string;
  entity?: Record<string, string>;
}

/** The operation that kept the whole transaction from being applied. */
export class BatchRefusal extends StorageRefusal {
  readonly index: number;

  constructor(statusCode: number, code: string, index: number) {
    super(statusCode, code);
    this.index = index;
  }
}

const LINE = '\r\n';

/**
 * The body of an entity group transaction. Made here because the SDK's own has no etag for a delete.
 *
 * https://learn.microsoft.com/rest/api/storageservices/performing-entity-group-transactions
 */
export function batchRequest(parts: BatchPart[]): { contentType: string; body: string } {
  const [batch, changes] = [`batch_${randomUUID()}`, `changeset_${randomUUID()}`];
  const body = [
    `--${batch}`,
    `Content-Type: multipart/mixed; boundary=${changes}`,
    '',
    ...parts.flatMap((part) => [`--${changes}`, ...partLines(part)]),
    `--${changes}--`,
    `--${batch}--`,
    '',
  ].join(LINE);
  return { contentType: `multipart/mixed; boundary=${batch}`, body };
}

function partLines({ method, url, ifMatch, entity }: BatchPart): string[] {
  return [
    'Content-Type: application/http',
    'Content-Transfer-Encoding: binary',
    '',
    `${method} ${url} HTTP/1.1`,
    'Accept: application/json;odata=minimalmetadata',
    'DataServiceVersion: 3.0',
    ...(ifMatch === undefined ? [] : [`If-Match: ${ifMatch}`]),
    ...(entity ? ['Content-Type: application/json', 'Prefer: return-no-content', '', entityText(entity)] : ['', '']),
  ];
}

/** JSON in one line, also for readers to whom U+2028 and U+2029 end one. */
function entityText(entity: Record<string, string>): string {
  return JSON.stringify(entity)
    .replaceAll('\u2028', String.raw`\u2028`)
    .replaceAll('\u2029', String.raw`\u2029`);
}

/**
 * The new etags in the order of the operations, '' for a delete. Throws BatchRefusal where an operation did not apply,
 * StorageRefusal where the request as a whole was refused or the answer is not one.
 */
export function batchEtags(status: number, body: string, count: number): string[] {
  const parts = body.split('--changesetresponse_').slice(1, -1);
  const refused = parts.find((part) => statusOf(part) >= 400);
  if (refused) throw refusalOf(refused, count);
  if (status >= 300) throw new StorageRefusal(status, codeOf(body));
  // As good as no answer: whether it was applied must be looked up.
  if (parts.length !== count) throw new StorageRefusal(502, 'UnreadableAnswer');
  return parts.map((part) => /^ETag: *(.*)$/im.exec(part)?.[1]?.trim() ?? '');
}

/** The message begins with the index of the operation; without one, only a single operation can be meant. */
function refusalOf(part: string, count: number): StorageRefusal {
  const status = statusOf(part);
  const index = /"value": ?"(\d+):/.exec(part)?.[1] ?? (count === 1 ? 0 : undefined);
  return index === undefined ? new StorageRefusal(status, codeOf(part)) : new BatchRefusal(status, codeOf(part), Number(index));
}

function statusOf(part: string): number {
  return Number(/HTTP\/1\.1 (\d{3})/.exec(part)?.[1] ?? 502);
}

/** Of JSON, or of the XML in which some refusals come whatever is asked for. */
function codeOf(text: string): string {
  return /"code": ?"(\w+)"|<(?:\w+:)?code>(\w+)</i.exec(text)?.slice(1).find(Boolean) ?? '';
}

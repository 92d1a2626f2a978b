import type { Fields, Row } from '../../domain/ports.ts';
import type { FieldTexts } from './limits.ts';

/** Names who wrote the row last. No field can have this name: theirs begin with a letter. */
const WRITE_ID = '_write';

/** Properties that are no fields. */
const OWN = new Set(['partitionKey', 'rowKey', 'etag', 'timestamp', WRITE_ID]);

/** A row as it is stored: each field a string property that holds its JSON. */
export function toEntity(partition: string, row: string, texts: FieldTexts, writeId: string): Record<string, string> {
  const properties = Array.from(texts, ([name, text]) => [isOfEveryObject(name) ? `_${name}` : name, text]);
  return { PartitionKey: partition, RowKey: row, ...Object.fromEntries(properties), [WRITE_ID]: writeId };
}

/** A row as the SDK answers it, and the id of the write that made it so. */
export function fromEntity(entity: Record<string, unknown>): Row & { writeId: string } {
  const fields = Object.entries(entity).filter(([name]) => !OWN.has(name) && !name.startsWith('odata.'));
  return {
    row: String(entity['rowKey']),
    fields: Object.fromEntries(
      fields.map(([name, text]) => [name.replace(/^_/, ''), JSON.parse(String(text)) as Fields[string]]),
    ),
    etag: String(entity['etag']),
    writeId: String(entity[WRITE_ID]),
  };
}

/** Names such as `toString`, which the SDK and Azurite lose on their way: they are stored with an underscore before. */
function isOfEveryObject(name: string): boolean {
  return name in Object.prototype;
}

import type { IncomingMessage } from 'node:http';
import { text } from 'node:stream/consumers';

/** The body of a request, as text; empty for one that was cut off. */
export async function readBody(request: IncomingMessage): Promise<string> {
  return text(request).catch(() => '');
}

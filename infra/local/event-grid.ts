import type { IncomingMessage, ServerResponse } from 'node:http';
import type { LoadedFunction } from './functions.ts';
import { readBody, sendStatus } from './http-data.ts';
import type { Invoker } from './invoke.ts';

/** Who may ask, in a CloudEvents handshake, whether it may deliver here. */
const EVENT_GRID_ORIGIN = /^eventgrid\.azure\.(?:net|us|cn)$/i;

/**
 * `/runtime/webhooks/EventGrid?functionName=NAME`, as Event Grid delivers to it: the handshakes of both schemas, and
 * notifications, one run of the function for each event. 500 makes Event Grid deliver the whole batch again.
 *
 * https://learn.microsoft.com/azure/event-grid/end-point-validation-event-grid-events-schema
 */
export async function serveEventGrid(
  request: IncomingMessage,
  response: ServerResponse,
  { url, functions, invoker }: { url: URL; functions: LoadedFunction[]; invoker: Invoker },
): Promise<void> {
  const name = url.searchParams.get('functionName')?.toLowerCase();
  const fn = functions.find((one) => one.trigger.type === 'eventGridTrigger' && one.name.toLowerCase() === name);
  if (!fn) return sendStatus(response, 404);
  if (request.method === 'OPTIONS') return answerHandshake(request, response);
  if (request.method !== 'POST') return sendStatus(response, 404);

  const events = parseEvents(await readBody(request));
  if (!events) return sendStatus(response, 400);
  switch (eventType(request)) {
    case 'subscriptionvalidation':
      return answerValidation(response, events[0]);
    case 'unsubscribe':
      return sendStatus(response, 202);
    case 'notification':
      return await deliver(fn, events, invoker, response);
    default:
      return sendStatus(response, 400);
  }
}

function eventType(request: IncomingMessage): string {
  const type = request.headers['aeg-event-type'];
  if (typeof type === 'string') return type.toLowerCase();
  // A sender of CloudEvents need not be Event Grid, and then has no header of it.
  return request.headers['content-type']?.startsWith('application/cloudevents') ? 'notification' : '';
}

function parseEvents(body: Buffer): unknown[] | undefined {
  try {
    const parsed: unknown = JSON.parse(body.toString('utf8'));
    if (Array.isArray(parsed)) return parsed;
    return typeof parsed === 'object' && parsed !== null ? [parsed] : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** CloudEvents: https://github.com/cloudevents/spec/blob/v1.0/http-webhook.md#4-abuse-protection */
function answerHandshake(request: IncomingMessage, response: ServerResponse): void {
  const origin = request.headers['webhook-request-origin'];
  if (typeof origin !== 'string' || !EVENT_GRID_ORIGIN.test(origin)) return sendStatus(response, 400);
  response.setHeader('webhook-allowed-origin', origin);
  sendStatus(response, 200);
}

function answerValidation(response: ServerResponse, event: unknown): void {
  const code = (event as { data?: { validationCode?: unknown } } | undefined)?.data?.validationCode;
  if (typeof code !== 'string') return sendStatus(response, 400);
  response.setHeader('content-type', 'application/json');
  response.end(JSON.stringify({ validationResponse: code }));
}

async function deliver(fn: LoadedFunction, events: unknown[], invoker: Invoker, response: ServerResponse): Promise<void> {
  const outcomes = await Promise.all(events.map((event) => invoker.invoke(fn, { data: { json: JSON.stringify(event) } })));
  const failures = outcomes.filter((outcome) => !outcome.ok);
  if (failures.length === 0) return sendStatus(response, 202);
  // The platform tells the sender what was thrown, so a test can see here what would leak there.
  response.statusCode = 500;
  response.end(failures.map(({ error }) => (error instanceof Error ? error.message : String(error))).join('\n'));
}

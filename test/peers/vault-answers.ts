export interface Answer {
  status: number;
  body?: object;
  headers?: Record<string, string>;
}

/** What a list was asked for. */
export interface PageQuery {
  host: string;
  path: string;
  query: URLSearchParams;
  /** An empty page follows each page. */
  hasEmptyPages: boolean;
}

/** Lists of names have a link after each full page, those of versions only where more follows. */
export function page({ host, path, query, hasEmptyPages }: PageQuery, items: object[], marksFullPages: boolean): Answer {
  const size = Number(query.get('maxresults') ?? 25);
  const [, from = '0', empty] = /^(\d+)(empty)?$/.exec(query.get('$skiptoken') ?? '') ?? [];
  const start = Number(from);
  const value = empty ? [] : items.slice(start, start + size);
  const next = start + value.length;
  const hasMore = marksFullPages ? empty || value.length === size : next < items.length;
  const token = `${next}${hasEmptyPages && !empty ? 'empty' : ''}`;
  const link = `https://${host}:443${path}?api-version=${query.get('api-version')}&$skiptoken=${token}&maxresults=${size}`;
  return { status: 200, body: { value, nextLink: hasMore ? link : null } };
}

export function notFound(name: string): Answer {
  const text = `A secret with (name/id) ${name} was not found in this key vault. If you recently deleted this secret you may be able to recover it using the correct recovery command. For help resolving this issue, please see https://go.microsoft.com/fwlink/?linkid=2125182`;
  return failed(404, 'SecretNotFound', text);
}

export function disabled(): Answer {
  return failed(403, 'Forbidden', 'Operation get is not allowed on a disabled secret.', 'SecretDisabled');
}

export function isBeingDeleted(): Answer {
  return failed(409, 'Conflict', 'Secret is currently being deleted.', 'ObjectIsBeingDeleted');
}

export function isBeingRecovered(): Answer {
  return failed(409, 'Conflict', 'Secret is currently being recovered.', 'ObjectIsBeingRecovered');
}

export function failed(status: number, code: string, message: string, inner?: string): Answer {
  return { status, body: { error: { code, message, ...(inner && { innererror: { code: inner } }) } } };
}

import type { ServerResponse } from 'node:http';
import { basicLogin } from './http-peer.ts';
import type { Oddity } from './registry.ts';

/**
 * Registries that repeat the login they got, and a password that they know, wherever an answer has room for it. Each
 * refuses everybody.
 */
export const echoes = {
  body: (): Oddity =>
    repeating(({ header, password }, response) =>
      response.writeHead(401, { 'www-authenticate': 'Basic realm="registry"' }).end(errorBody(`${header} ${password}`)),
    ),
  headers: (): Oddity =>
    repeating(({ header, password }, response) =>
      response
        .writeHead(401, {
          'x-login': header,
          'docker-distribution-api-version': encodeURIComponent(password),
          'www-authenticate': `Basic realm="${encodeURIComponent(password)} ${header}"`,
        })
        .end(),
    ),
  failure: (): Oddity => repeating(({ header, password }, response) => response.writeHead(500).end(`${header} ${password}`)),
  throttle: (): Oddity =>
    repeating(({ header, password }, response) =>
      response.writeHead(429, { 'retry-after': header.slice(0, 80) }).end(errorBody(password)),
    ),
  redirect: (): Oddity =>
    repeating(({ header, password }, response) =>
      response.writeHead(307, { location: `http://127.0.0.1:9/${encodeURIComponent(password)}?login=${header}` }).end(),
    ),
  /** Names a token service elsewhere, with the password in its address, before anybody has logged in. */
  realm: (password: string): Oddity =>
    always((response) =>
      response
        .writeHead(401, {
          'www-authenticate': `Bearer realm="https://${encodeURIComponent(password).replaceAll('%', '')}@tokens.example.com/${encodeURIComponent(password)}?p=${encodeURIComponent(password)}",service="${encodeURIComponent(password)}"`,
        })
        .end(),
    ),
  /** Its own token service repeats the login; the registry names it with the password as service. */
  token: (password: string): Oddity => {
    const echo = echoes.body();
    return (request, response) => {
      if (request.url?.startsWith('/token')) return echo(request, response);
      const service = encodeURIComponent(password);
      const challenge = `Bearer realm="http://${request.headers.host}/token?known=${service}",service="${service}"`;
      response.writeHead(401, { 'www-authenticate': challenge }).end(errorBody(password));
      return true;
    };
  },
};

/** Asks for a login first, as every registry does. */
function repeating(respond: (seen: { header: string; password: string }, response: ServerResponse) => unknown): Oddity {
  return (request, response) => {
    const { password = '' } = basicLogin(request) ?? {};
    const { authorization: header = '' } = request.headers;
    if (header === '') response.writeHead(401, { 'www-authenticate': 'Basic realm="registry"' }).end();
    else respond({ header, password }, response);
    return true;
  };
}

function always(respond: (response: ServerResponse) => unknown): Oddity {
  return (_request, response) => {
    respond(response);
    return true;
  };
}

function errorBody(text: string): string {
  return JSON.stringify({ errors: [{ code: 'UNAUTHORIZED', message: text, detail: text }] });
}

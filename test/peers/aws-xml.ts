import { randomUUID } from 'node:crypto';
import type { ServerResponse } from 'node:http';

export interface Failure {
  status: number;
  /** In the words of the service that was asked. */
  code: string;
  message: string;
}

const SPACES = { sts: 'https://sts.amazonaws.com/doc/2011-06-15/', iam: 'https://iam.amazonaws.com/doc/2010-05-08/' };

/** An answer of the query protocol, as STS and IAM speak it. `result` is XML. */
export function answerXml(response: ServerResponse, service: 'sts' | 'iam', action: string, result: string): void {
  response.setHeader('content-type', 'text/xml');
  const metadata = `<ResponseMetadata><RequestId>${randomUUID()}</RequestId></ResponseMetadata>`;
  const space = `xmlns="${SPACES[service]}"`;
  response.end(`<${action}Response ${space}><${action}Result>${result}</${action}Result>${metadata}</${action}Response>`);
}

export function failXml(response: ServerResponse, service: 'sts' | 'iam', { status, code, message }: Failure): void {
  response.setHeader('content-type', 'text/xml');
  const error = `<Error><Type>Sender</Type><Code>${code}</Code><Message>${message}</Message></Error>`;
  const id = `<RequestId>${randomUUID()}</RequestId>`;
  response.writeHead(status).end(`<ErrorResponse xmlns="${SPACES[service]}">${error}${id}</ErrorResponse>`);
}

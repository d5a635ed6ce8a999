import { checkFields, checkLine } from './check-request.ts';
import type { HttpRequest } from './http-client.ts';

/** A request as it goes over the wire, head and body in one text, so that it is one write and one packet where it fits. */
export interface PrintedRequest {
  text: string;
  /** `latin1` where all is ASCII: the same bytes, written faster. */
  encoding: 'latin1' | 'utf8';
}

/** @throws {TypeError} see checkRequest */
export function printRequest(request: HttpRequest, host: string): PrintedRequest {
  checkLine(request);
  const { method, path, headers, body = '' } = request;
  const head = `${method} ${path} HTTP/1.1\r\nhost: ${host}\r\n${printFields(headers)}`;
  if (method === 'GET') return { text: `${head}\r\n`, encoding: 'latin1' };
  // "A user agent SHOULD send Content-Length in a request when the method defines a meaning for enclosed content", RFC 9110, 8.6.
  const bodyBytes = Buffer.byteLength(body);
  const text = `${head}content-length: ${bodyBytes}\r\n\r\n${body}`;
  return { text, encoding: bodyBytes === body.length ? 'latin1' : 'utf8' };
}

/** Those of the last call are kept: most calls have the very same ones, which are not changed once they were sent. */
function printFields(headers: HttpRequest['headers']): string {
  if (printed.headers === headers) return printed.text;
  checkFields(headers);
  let text = '';
  for (const name in headers) text += `${name}: ${headers[name]}\r\n`;
  printed = { headers, text };
  return text;
}

let printed: { headers: HttpRequest['headers']; text: string } = { headers: {}, text: '' };

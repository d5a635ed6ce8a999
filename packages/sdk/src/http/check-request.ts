import type { HttpRequest } from './http-client.ts';

/**
 * Is this a request that arrives as it was meant, whichever client sends it? A value that ends its own line would become a header, or a
 * second request, of its writer's choice.
 *
 * @throws {TypeError}
 */
export function checkRequest(request: HttpRequest): void {
  checkLine(request);
  checkFields(request.headers);
}

/** The part of it that is of one request alone. @throws {TypeError} */
export function checkLine({ method, path, body }: HttpRequest): void {
  if (!plainPath.test(path) || rewritten.test(path))
    throw new TypeError('the path of a request has to be one that no URL parser changes');
  if (method === 'GET' && body !== undefined) throw new TypeError('a GET has no body');
}

/** The part of it that other requests may have, too. @throws {TypeError} */
export function checkFields(headers: HttpRequest['headers']): void {
  for (const name in headers) checkField(name, headers[name] ?? '');
}

function checkField(name: string, value: string): void {
  if (!fieldName.test(name)) throw new TypeError(`not the name of a header, in lower case: ${JSON.stringify(name)}`);
  if (ofTheClient.has(name)) throw new TypeError(`the header ${name} is the client's own business`);
  // The value stays out of the message: it may be a secret.
  if (!fieldValue.test(value))
    throw new TypeError(`the value of the header ${name} has characters that are not ASCII text`);
}

/** RFC 3986's characters without `'`, which URL parsers write as `%27`: an envelope is sealed for the path as it stands. */
const plainPath = /^\/[\w\-.~!$&()*+,;=:@/?%]*$/;
/** Dot segments and an empty query, which they drop. */
const rewritten = /^[^?]*(?:\/(?:\.|%2e){1,2}(?:[/?]|$)|\?$)/i;
const fieldName = /^[!#$%&'*+\-.^_`|~0-9a-z]+$/;
const fieldValue = /^[\t\x20-\x7e]*$/;
const ofTheClient = new Set(['connection', 'content-length', 'expect', 'host', 'te', 'transfer-encoding', 'upgrade']);

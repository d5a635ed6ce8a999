/** Scheme, host and port, and nothing more: a path would be left out of every request without a word. @throws {TypeError} */
export function parseOrigin(origin: string): URL {
  const url = URL.canParse(origin) ? new URL(origin) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol) || !/^https?:\/\/[^/?#@]+\/?$/i.test(origin)) {
    throw new TypeError('an origin is http:// or https://, a host and perhaps a port');
  }
  return url;
}

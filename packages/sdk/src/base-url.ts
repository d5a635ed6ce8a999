/** The URL that paths are put after, without a slash at its end; undefined: it is no http or https URL. */
export function readBaseUrl(text: string): URL | undefined {
  let url: URL;
  try {
    url = new URL(text);
  } catch {
    return undefined;
  }
  if (url.protocol !== 'https:' && url.protocol !== 'http:') return undefined;
  const path = url.pathname.replace(/\/+$/, '');
  // Servers and proxies spell these differently on the request line, which envelopes are bound to.
  if (/[^\w./~%:@!$&()*+,;=-]/.test(path)) return undefined;
  url.pathname = path.endsWith('/api/v1') ? path : `${path}/api/v1`;
  url.search = '';
  url.hash = '';
  return url;
}

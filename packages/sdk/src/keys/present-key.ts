type HeaderValue = string | readonly string[] | undefined;

const bearer = /^bearer +([^ ]+) *$/i;

/**
 * The key among a request's headers: the named one, be it bare or a bearer token, else `Authorization: Bearer` with what may be a key.
 * An application may have its own tokens there, so that another one beside the named header says nothing.
 */
export function presentedKey(
  headers: Readonly<Record<string, HeaderValue>>,
  /** In lower case. */
  headerName: string,
): string | undefined {
  const named = single(headers[headerName])?.trim();
  if (named) return bearer.exec(named)?.[1] ?? named;
  return bearer.exec(single(headers.authorization) ?? '')?.[1];
}

/** A header that came several times is no key, which a comma between two makes sure of. */
function single(value: HeaderValue): string | undefined {
  return typeof value === 'string' ? value : value?.join(',');
}

export type HeaderValues = Readonly<Record<string, string | string[]>>;

export type PresentedKey = { kind: 'none' } | { kind: 'one'; raw: string } | { kind: 'several' };

const bearer = /^bearer +/i;

/**
 * The customer key among a request's headers: `x-api-key`, or what the environment names instead (in lower case), or
 * `authorization: Bearer`, names in any letter case (wire.md §2.3). The same key twice is one; two different values are `several`.
 */
export function presentedKey(headers: HeaderValues, keyHeader = 'x-api-key'): PresentedKey {
  const found = new Set<string>();
  for (const [name, value] of Object.entries(headers)) {
    const lower = name.toLowerCase();
    if (lower !== keyHeader && lower !== 'authorization') continue;
    for (const text of typeof value === 'string' ? [value] : value) {
      const raw = lower === 'authorization' ? bearerToken(text) : text.trim();
      if (raw !== '') found.add(raw);
    }
  }
  const [raw] = found;
  if (raw === undefined) return { kind: 'none' };
  return found.size === 1 ? { kind: 'one', raw } : { kind: 'several' };
}

function bearerToken(text: string): string {
  return bearer.test(text) ? text.replace(bearer, '').trim() : '';
}

/** The first value of a header, by its name in lower case. */
export function headerValue(headers: HeaderValues, wanted: string): string | undefined {
  for (const [name, value] of Object.entries(headers)) {
    if (name.toLowerCase() === wanted) return typeof value === 'string' ? value : value[0];
  }
  return undefined;
}

/** Prefixes of keys of ours (wire.md §1); account keys have what the configuration says. */
export const customerKeyPrefix = 'apikee';

export type ServerKeyPrefix = 'sk_live' | 'sk_test';

export function isServerKeyPrefix(prefix: string): prefix is ServerKeyPrefix {
  return prefix === 'sk_live' || prefix === 'sk_test';
}

/** Whose keys begin with it, so that no customer's opaque key may; undefined: nobody's. */
export function reservedBy(prefix: string, accountKeyPrefix: string): string | undefined {
  if (isServerKeyPrefix(prefix)) return 'server keys';
  if (prefix === accountKeyPrefix) return 'account keys';
  return prefix === customerKeyPrefix || reservedForSigned(prefix) ? 'signed keys' : undefined;
}

/** What begins so is a signed key or nothing, whoever has made it. */
export function reservedForSigned(prefix: string): boolean {
  return prefix.startsWith(`${customerKeyPrefix}_`);
}

/** Test environments have keys that show it. */
export function serverKeyPrefix(environmentType: string): ServerKeyPrefix {
  return environmentType === 'production' ? 'sk_live' : 'sk_test';
}

/** The start and the last characters of a raw key: enough to recognise it by, far too little to guess it. */
export function keyHint(raw: string): string {
  return `${raw.slice(0, 12)}…${raw.slice(-4)}`;
}

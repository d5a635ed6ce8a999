import { generateKeyPairSync } from 'node:crypto';
import { type KeyringKey, keyringKey } from './keyring-key.ts';
import { readKeyringKey } from './read-keyring-key.ts';
import { exportPrivateKey } from './x25519.ts';

/** The gateway's private keys, those with the latest `notBeforeMs` first. Private halves are KeyObjects, which never print. */
export type Keyring = { keys: readonly KeyringKey[] };

/** Everything that is wrong with a keyring file, by field and never by value. */
export class KeyringError extends Error {
  readonly faults: readonly string[];

  constructor(faults: readonly string[]) {
    super(`the keyring cannot be used: ${faults.join('; ')}`);
    this.name = 'KeyringError';
    this.faults = faults;
  }
}

/**
 * Reads a keyring file: `{"keys": [{"kid", "private_key", "not_before", "not_after"}]}`, the private key as standard base64 of
 * 32 raw bytes, times in ISO 8601 UTC, `not_after` null when it is open. Throws KeyringError with every fault at once.
 */
export function parseKeyring(text: string): Keyring {
  const entries = readEntries(text);
  const faults: string[] = [];
  const keys: KeyringKey[] = [];
  for (const [index, entry] of entries.entries()) {
    const key = readKeyringKey(entry, (what) => faults.push(`keys[${index}] ${what}`));
    if (key === undefined) continue;
    if (keys.some((other) => other.kid === key.kid)) faults.push(`keys[${index}] kid stands there twice`);
    if (keys.some((other) => other.fingerprint === key.fingerprint))
      faults.push(`keys[${index}] private_key stands there twice`);
    keys.push(key);
  }
  if (faults.length > 0) throw new KeyringError(faults);
  return keyringOf(keys);
}

/** A keyring file's text, which holds the private keys. */
export function printKeyring(keyring: Keyring): string {
  const keys = keyring.keys.map((key) => ({
    kid: key.kid,
    private_key: exportPrivateKey(key.privateKey).toString('base64'),
    not_before: isoTime(key.notBeforeMs),
    not_after: key.notAfterMs === null ? null : isoTime(key.notAfterMs),
  }));
  return `${JSON.stringify({ keys }, null, 2)}\n`;
}

/** The keys that open envelopes at `nowMs`: the current one first, that is the newest, then those that overlap with it. */
export function usableKeys(keyring: Keyring, nowMs: number): KeyringKey[] {
  return keyring.keys.filter(
    ({ notBeforeMs, notAfterMs }) => notBeforeMs <= nowMs && (notAfterMs === null || nowMs < notAfterMs),
  );
}

/** One key as clients are told of it (wire.md §2.2). */
export type PublicKeyEntry = {
  kid: string;
  alg: 'X25519-HKDF-SHA256-A256GCM';
  /** Standard base64, 44 characters. */
  public_key: string;
  /** SHA-256 of the raw public key in lower-case hex. */
  fingerprint: string;
  not_before: string;
  not_after: string | null;
  current: boolean;
};

/** The body of wire.md §2.2 without `versions`: the keys that can be sealed to at `nowMs`, the current one first. */
export function publicKeys(keyring: Keyring, nowMs: number): { keys: PublicKeyEntry[] } {
  const keys = usableKeys(keyring, nowMs).map(
    (key, index): PublicKeyEntry => ({
      kid: key.kid,
      alg: 'X25519-HKDF-SHA256-A256GCM',
      public_key: key.publicKey.toString('base64'),
      fingerprint: key.fingerprint,
      not_before: isoTime(key.notBeforeMs),
      not_after: key.notAfterMs === null ? null : isoTime(key.notAfterMs),
      current: index === 0,
    }),
  );
  return { keys };
}

/** A fresh key whose life begins at `nowMs` and is open; its kid is the first 16 characters of its fingerprint. */
export function createKeyringEntry({ nowMs }: { nowMs: number }): KeyringKey {
  const { privateKey } = generateKeyPairSync('x25519');
  return keyringKey({ privateKey, notBeforeMs: nowMs, notAfterMs: null });
}

/** A keyring of these keys, put in order. */
export function keyringOf(keys: readonly KeyringKey[]): Keyring {
  return { keys: keys.toSorted((a, b) => b.notBeforeMs - a.notBeforeMs) };
}

function readEntries(text: string): unknown[] {
  let file: unknown;
  try {
    file = JSON.parse(text);
  } catch {
    // The parser's own message would quote the file.
    throw new KeyringError(['the file is not JSON']);
  }
  const entries = typeof file === 'object' && file !== null && 'keys' in file ? file.keys : undefined;
  if (!Array.isArray(entries) || entries.length === 0) throw new KeyringError(['keys is not an array with entries']);
  return entries;
}

function isoTime(timeMs: number): string {
  return new Date(timeMs).toISOString();
}

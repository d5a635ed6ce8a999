import { createKeyringEntry, type Keyring, keyringOf, usableKeys } from './keyring.ts';
import type { KeyringKey } from './keyring-key.ts';

/** Why a keyring is not changed as asked, in a sentence that names no secret. */
export class KeyringRefusal extends Error {}

/** SDKs that were published with a key keep it: for so long after it was current, somebody may seal to it. */
export const recentUseMs = 30 * 86_400_000;

/** A keyring with a fresh key, whose life begins at `notBeforeMs`. */
export function addKey(
  keyring: Keyring,
  { notBeforeMs }: { notBeforeMs: number },
): { keyring: Keyring; key: KeyringKey } {
  const key = createKeyringEntry({ nowMs: notBeforeMs });
  return { keyring: keyringOf([...keyring.keys, key]), key };
}

/** Makes a key the current one, from `nowMs`; those that were usable stay so. */
export function promoteKey(keyring: Keyring, { kid, nowMs }: { kid: string; nowMs: number }): Keyring {
  const key = keyOf(keyring, kid);
  if (isOver(key, nowMs)) throw new KeyringRefusal(`The key ${kid} is retired.`);
  if (usableKeys(keyring, nowMs)[0] === key) throw new KeyringRefusal(`The key ${kid} is the current one already.`);
  return replaced(keyring, { ...key, notBeforeMs: nowMs });
}

interface Retiring {
  kid: string;
  nowMs: number;
  /** When its life ends. */
  notAfterMs: number;
  /** `forced`: although somebody may still seal to it. */
  mode: 'careful' | 'forced';
}

/** Ends a key's life. Never that of the current one, for then nothing would be left to seal to. */
export function retireKey(keyring: Keyring, { kid, nowMs, notAfterMs, mode }: Retiring): Keyring {
  const key = keyOf(keyring, kid);
  if (isOver(key, nowMs)) throw new KeyringRefusal(`The key ${kid} is retired already.`);
  if (usableKeys(keyring, nowMs)[0] === key)
    throw new KeyringRefusal(`The key ${kid} is the current one: promote another first.`);
  if (notAfterMs <= key.notBeforeMs) return { keys: keyring.keys.filter((other) => other !== key) };
  const lastCurrentMs = endOfBeingCurrent(keyring, key, nowMs);
  if (mode === 'careful' && notAfterMs < lastCurrentMs + recentUseMs)
    throw new KeyringRefusal(
      `The key ${kid} was the current one until ${new Date(lastCurrentMs).toISOString()}: SDKs may seal to it for 30 days. End it later, or use --force.`,
    );
  return replaced(keyring, { ...key, notAfterMs });
}

/** When a newer key took its place, as far as the keyring tells. */
function endOfBeingCurrent(keyring: Keyring, key: KeyringKey, nowMs: number): number {
  const newer = keyring.keys.filter((other) => other !== key && other.notBeforeMs >= key.notBeforeMs);
  return Math.min(nowMs, ...newer.map(({ notBeforeMs }) => notBeforeMs));
}

function keyOf(keyring: Keyring, kid: string): KeyringKey {
  const key = keyring.keys.find((each) => each.kid === kid);
  if (!key) throw new KeyringRefusal(`The keyring has no key ${kid}.`);
  return key;
}

function isOver({ notAfterMs }: KeyringKey, nowMs: number): boolean {
  return notAfterMs !== null && notAfterMs <= nowMs;
}

function replaced(keyring: Keyring, key: KeyringKey): Keyring {
  return keyringOf(keyring.keys.map((other) => (other.kid === key.kid ? key : other)));
}

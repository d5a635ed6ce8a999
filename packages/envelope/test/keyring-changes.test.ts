import { describe, expect, it } from 'vitest';
import { createKeyringEntry, keyringOf, parseKeyring, printKeyring, usableKeys } from '../src/keyring.ts';
import { addKey, KeyringRefusal, promoteKey, retireKey } from '../src/keyring-changes.ts';

const dayMs = 86_400_000;
const nowMs = Date.UTC(2026, 10, 21);
const old = createKeyringEntry({ nowMs: nowMs - 100 * dayMs });
const current = createKeyringEntry({ nowMs: nowMs - 40 * dayMs });
const coming = createKeyringEntry({ nowMs: nowMs + dayMs });
const keyring = keyringOf([old, current, coming]);
const kids = (keys: readonly { kid: string }[]) => keys.map(({ kid }) => kid);

describe('a keyring', () => {
  it('takes a key that is to come, and seals to the present one until then', () => {
    const { keyring: changed, key } = addKey(keyring, { notBeforeMs: nowMs + 2 * dayMs });
    expect(kids(usableKeys(changed, nowMs))).toEqual(kids([current, old]));
    expect(usableKeys(changed, nowMs + 3 * dayMs)[0]?.kid).toBe(key.kid);
    expect(kids(parseKeyring(printKeyring(changed)).keys)).toContain(key.kid);
  });

  it('seals to a key from when it is promoted, and goes on opening what was sealed to the others', () => {
    for (const { kid } of [coming, old]) {
      const changed = promoteKey(keyring, { kid, nowMs });
      expect(usableKeys(changed, nowMs)[0]?.kid).toBe(kid);
      expect(kids(usableKeys(changed, nowMs))).toEqual(expect.arrayContaining(kids([current, old])));
    }
    expect(() => promoteKey(keyring, { kid: current.kid, nowMs })).toThrow(KeyringRefusal);
  });

  it('ends a key that nobody has sealed to for 30 days', () => {
    const changed = retireKey(keyring, { kid: old.kid, nowMs, notAfterMs: nowMs, mode: 'careful' });
    expect(kids(usableKeys(changed, nowMs))).toEqual([current.kid]);
    expect(kids(usableKeys(changed, nowMs - 1))).toEqual(kids([current, old]));
    for (const change of [retireKey, promoteKey])
      expect(() => change(changed, { kid: old.kid, nowMs, notAfterMs: nowMs, mode: 'careful' })).toThrow('retired');
  });

  it('keeps one that was current in the last 30 days, unless it is forced or ends when they are over', () => {
    const promoted = promoteKey(keyring, { kid: coming.kid, nowMs });
    const retire = (notAfterMs: number, mode: 'careful' | 'forced') =>
      retireKey(promoted, { kid: current.kid, nowMs: nowMs + dayMs, notAfterMs, mode });
    expect(() => retire(nowMs + dayMs, 'careful')).toThrow('--force');
    expect(kids(usableKeys(retire(nowMs + dayMs, 'forced'), nowMs + 2 * dayMs))).toEqual(kids([coming, old]));
    const later = retire(nowMs + 30 * dayMs, 'careful');
    expect(kids(usableKeys(later, nowMs + 29 * dayMs))).toContain(current.kid);
    expect(kids(usableKeys(later, nowMs + 30 * dayMs))).not.toContain(current.kid);
  });

  it('forgets a key that was never to begin', () => {
    const changed = retireKey(keyring, { kid: coming.kid, nowMs, notAfterMs: nowMs, mode: 'careful' });
    expect(kids(changed.keys)).toEqual(kids([current, old]));
  });

  it('never ends the current key, and knows its own only', () => {
    const retire = (kid: string) => retireKey(keyring, { kid, nowMs, notAfterMs: nowMs, mode: 'forced' });
    expect(() => retire(current.kid)).toThrow('promote another first');
    expect(() => retire('0000000000000000')).toThrow('has no key');
  });
});

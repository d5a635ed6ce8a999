import { printSignedKey } from '@keyward/keyformat/signed-key';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { KeyEngine } from '../src/keys/key-engine.ts';
import { KeywardError } from '../src/keyward-error.ts';

const secret = 'test-secret';
const engine = new KeyEngine([secret]);
/** The second vector of wire.md §1: its signature begins with a zero byte. */
const zeroSigned =
  'apikee_1TZEyI28BcTHpdTtzphUiBlsD8fdFEqrkgTX0hcd3qJ98t0fNNz4vrOjJxDht10jF1pqCTpcp6JZPYez.E1Qk68bXrNdk19wm9k76DaAplKScRoMqReF2f10U9o';

afterEach(() => vi.useRealTimers());

/** What a key is refused with. */
function refusal(check: () => unknown): Pick<KeywardError, 'code' | 'expiredAt'> {
  try {
    check();
  } catch (error) {
    if (error instanceof KeywardError) return error;
    throw error;
  }
  throw new Error('this should have been refused');
}
const codeOf = (key: string, by = engine) => refusal(() => by.verify(key)).code;
const signed = (claims: object) => printSignedKey(new TextEncoder().encode(JSON.stringify(claims)), secret);

describe('a new key', () => {
  test('says what it was given, and is checked without anything else', () => {
    const notBefore = new Date(Math.floor(Date.now() / 1_000) * 1_000 - 5_000);
    const key = engine.create({
      tenant: 'acme',
      scopes: ['read', 'write'],
      expiresIn: '1h',
      notBefore,
      environment: 'staging',
      meta: { plan: 'pro', price: 1.5 },
    });
    const { id, expiresAt, ...claims } = engine.verify(key);
    expect(claims).toEqual({
      tenant: 'acme',
      scopes: ['read', 'write'],
      notBefore,
      environment: 'staging',
      meta: { plan: 'pro', price: 1.5 },
      rawKey: key,
    });
    expect(id).toMatch(/^[0-9A-Za-z]{10,22}$/);
    expect(Math.abs((expiresAt?.getTime() ?? 0) - Date.now() - 3_600_000)).toBeLessThan(60_000);
  });

  test('lives 90 days unless it is said otherwise, and for ever with null', () => {
    const days = (key: string) => ((engine.verify(key).expiresAt?.getTime() ?? Number.NaN) - Date.now()) / 86_400_000;
    expect(days(engine.create({ tenant: 'acme' }))).toBeCloseTo(90, 1);
    expect(days(engine.create({ tenant: 'acme', expiresIn: 7_200_000 }))).toBeCloseTo(1 / 12, 2);
    expect(days(engine.create({ tenant: 'acme', expiresIn: new Date(Date.now() + 86_400_000) }))).toBeCloseTo(1, 2);
    expect(engine.verify(engine.create({ tenant: 'acme', expiresIn: null })).expiresAt).toBeNull();
  });

  // The published package printed one in 256 keys that it refused itself.
  test('is good, each of a thousand', () => {
    for (let i = 0; i < 1_000; i += 1) expect(engine.verify(engine.create({ tenant: 'acme' })).tenant).toBe('acme');
  });

  // The published package made keys that had expired before they were issued.
  test.each([
    '-1d',
    '0s',
    '',
    '1',
    '1w',
    '90 d',
    '1.5d',
    0,
    -1,
    Number.NaN,
    new Date(0),
    new Date(Number.NaN),
    '9'.repeat(30).concat('d'),
  ])('that would live for %s is not issued', (expiresIn) => {
    expect(refusal(() => engine.create({ tenant: 'acme', expiresIn })).code).toBe('INVALID_DURATION');
  });

  test.each([
    ['no tenant', { tenant: '' }],
    ['more metadata than a key holds', { tenant: 'acme', meta: { text: 'x'.repeat(4_000) } }],
    ['a text that cannot be stored', { tenant: 'ac\0me' }],
  ])('with %s is not issued', (_, options) => {
    expect(refusal(() => engine.create(options)).code).toBe('CONFIG');
  });
});

describe('a key is refused, and why is said by code:', () => {
  const key = engine.create({ tenant: 'acme' });
  const [payload = '', signature = ''] = key.slice('apikee_'.length).split('.');

  test.each([
    ['', 'MISSING_KEY'],
    ['sk_live_abc', 'INVALID_PREFIX'],
    [`Apikee_${payload}.${signature}`, 'INVALID_PREFIX'],
    [`apikee_${payload}${signature}`, 'INVALID_FORMAT'],
    [`apikee_${'a'.repeat(5_000)}.b`, 'INVALID_FORMAT'],
    [`apikee_${payload}.${signature}.x`, 'DECODE_ERROR'],
    [`apikee_${payload}_.${signature}`, 'DECODE_ERROR'],
    [`apikee_.${signature}`, 'DECODE_ERROR'],
    [`apikee_${payload}.`, 'DECODE_ERROR'],
    [`apikee_${payload}.${'z'.repeat(43)}`, 'DECODE_ERROR'],
    [`apikee_${payload}a.${signature}`, 'INVALID_SIGNATURE'],
    [`apikee_${payload}.${signature.startsWith('1') ? '2' : '1'}${signature.slice(1)}`, 'INVALID_SIGNATURE'],
  ])('%s is %s', (raw, code) => {
    expect(codeOf(raw)).toBe(code);
  });

  test('one of another secret, until that is among ours', () => {
    const other = new KeyEngine(['new']);
    expect(codeOf(key, other)).toBe('INVALID_SIGNATURE');
    expect(new KeyEngine(['new', secret]).verify(key).tenant).toBe('acme');
  });

  test('at the second when it ends, with the date, and before it begins', () => {
    const at = Date.UTC(2030, 0, 1);
    const ending = signed({ id: 'a', tid: 'acme', scp: [], env: 'production', exp: at / 1_000 });
    const beginning = signed({ id: 'a', tid: 'acme', scp: [], env: 'production', nbf: at / 1_000 });
    vi.useFakeTimers({ now: at - 1 });
    expect(engine.verify(ending).id).toBe('a');
    expect(codeOf(beginning)).toBe('NOT_YET_VALID');
    vi.setSystemTime(at);
    expect(refusal(() => engine.verify(ending))).toMatchObject({ code: 'EXPIRED', expiredAt: new Date(at) });
    expect(engine.verify(beginning).id).toBe('a');
    expect(engine.read(ending).expiresAt).toEqual(new Date(at));
  });

  test('what is no text at all', () => {
    for (const value of [undefined, null, 7, {}, ['apikee_']]) expect(codeOf(value as never)).toBe('MISSING_KEY');
  });
});

// The published package refused it: it did not pad what base62 had lost.
test('a key whose signature begins with a zero byte is good', () => {
  expect(engine.verify(zeroSigned)).toMatchObject({ id: 'v16', tenant: 'acme', scopes: ['read'] });
});

describe('a key that comes again', () => {
  test('says the same, whatever the application has made of what it said before', () => {
    const key = engine.create({ tenant: 'acme', scopes: ['read'], meta: { plan: { name: 'pro' } } });
    const first = engine.verify(key);
    first.scopes.push('admin');
    Object.assign(first.meta, { plan: 'none' });
    expect(engine.verify(key)).toMatchObject({ scopes: ['read'], meta: { plan: { name: 'pro' } } });
  });

  test('is good for nobody who has changed it', () => {
    const key = engine.create({ tenant: 'acme' });
    engine.verify(key);
    for (const changed of [`${key}a`, key.slice(0, -1), key.replace('.', 'a.')])
      expect(codeOf(changed)).toMatch(/^(INVALID_SIGNATURE|DECODE_ERROR)$/);
    expect(codeOf(key, new KeyEngine(['other']))).toBe('INVALID_SIGNATURE');
  });

  test('is good when more came meanwhile than are kept', () => {
    const keys = Array.from({ length: 1_200 }, (_, i) => engine.create({ tenant: `t${i}` }));
    for (let turn = 0; turn < 2; turn += 1)
      expect(keys.map((key) => engine.verify(key).tenant)).toEqual(keys.map((_, i) => `t${i}`));
  });
});

test('a secret that is missing or empty is said, and not taken for one', () => {
  for (const secrets of [[], [''], ['good', '']]) expect(refusal(() => new KeyEngine(secrets)).code).toBe('CONFIG');
});

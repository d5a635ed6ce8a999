import { describe, expect, test } from 'vitest';
import { type KeyClaims, printClaims, readClaims } from '../src/claims.ts';
import { seeded } from './seeded.ts';

const json = (value: unknown) =>
  readClaims(new TextEncoder().encode(typeof value === 'string' ? value : JSON.stringify(value)));
const hex = (text: string) => readClaims(Buffer.from(text, 'hex'));
const good = { id: 'a', tid: 'acme', scp: ['read'], env: 'staging' };

/** msgpack of the map {id:"a",tid:"b",meta:{x:<value>}} */
const withMeta = (value: string) => hex(`83a26964a161a3746964a162a46d65746181a178${value}`);

describe('claims in both codecs', () => {
  test('print in the order of the wire, whatever order they came in', () => {
    const claims: KeyClaims = { meta: { z: 1 }, nbf: 1, exp: 2, env: 'e', scp: [], tid: 't', id: 'i' };
    const text = new TextDecoder().decode(printClaims(claims, 'json'));
    expect(text).toBe('{"id":"i","tid":"t","scp":[],"env":"e","exp":2,"nbf":1,"meta":{"z":1}}');
    expect(Object.keys(readClaims(printClaims(claims, 'msgpack')) ?? {})).toEqual(Object.keys(JSON.parse(text)));
  });

  test.each(['json', 'msgpack'] as const)('%s: values of every size come back', (codec) => {
    const draw = seeded(2);
    for (let round = 0; round < 300; round++) {
      const meta = {
        int: (draw(2) ? 1 : -1) * Math.ceil(2 ** draw(54) / (1 + draw(3))),
        fraction: draw(1000) / 7,
        text: 'é😀a'.repeat(draw(90)).slice(0, draw(200)).toWellFormed(),
        list: Array.from({ length: draw(40) }, () => draw(70000)),
        map: Object.fromEntries(Array.from({ length: draw(20) }, (_, at) => [`k${at}`, [null, true, false][at % 3]])),
      };
      const claims = { ...good, exp: draw(2 ** 32), meta };
      expect(readClaims(printClaims(claims, codec))).toEqual(claims);
    }
  });

  test('both codecs print the same of what JSON cannot say', () => {
    const claims = { ...good, meta: { at: new Date(0), gone: undefined, nan: Number.NaN } };
    const meta = { at: '1970-01-01T00:00:00.000Z', nan: null };
    for (const codec of ['json', 'msgpack'] as const)
      expect(readClaims(printClaims(claims, codec))?.meta).toEqual(meta);
  });
});

describe('reading JSON', () => {
  test('takes any order, unknown members, and fills env and scp', () => {
    expect(json('{"new":[1],"tid":"acme","id":"a"}')).toEqual({ id: 'a', tid: 'acme', scp: [], env: 'production' });
  });

  test.each<[string, unknown]>([
    ['no id', { ...good, id: undefined }],
    ['an empty id', { ...good, id: '' }],
    ['an id that is a number', { ...good, id: 7 }],
    ['no tid', { ...good, tid: undefined }],
    ['a tid that is null', { ...good, tid: null }],
    ['a tid with NUL, which Postgres cannot store', { ...good, tid: 'a\0b' }],
    ['a tid with half a surrogate pair', '{"id":"a","tid":"\\ud800","scp":[],"env":"e"}'],
    ['scopes in one text', { ...good, scp: 'read' }],
    ['a scope that is a number', { ...good, scp: ['read', 1] }],
    ['scopes that are null', { ...good, scp: null }],
    ['an empty env', { ...good, env: '' }],
    ['an env that is a list', { ...good, env: ['production'] }],
    ['an exp in text', { ...good, exp: '4102444800' }],
    ['a negative exp', { ...good, exp: -1 }],
    ['an exp beyond all dates', { ...good, exp: 1e13 }],
    ['an exp that is null', { ...good, exp: null }],
    ['an infinite nbf', '{"id":"a","tid":"b","nbf":1e999}'],
    ['a meta that is a list', { ...good, meta: [] }],
    ['a meta that is null', { ...good, meta: null }],
    ['a meta with NUL deep inside', { ...good, meta: { a: [{ b: '\0' }] } }],
    ['a meta with NUL in a name', { ...good, meta: { '\0': 1 } }],
  ])('refuses %s', (_, value) => {
    expect(json(value)).toBeUndefined();
  });

  test.each(['', '{', '{}x', '[]', 'null', '7', ' {"id":"a","tid":"b"}', '\ufeff{"id":"a","tid":"b"}', 'not json'])(
    'refuses %j, which is no JSON object that begins with a brace',
    (text) => {
      expect(json(text)).toBeUndefined();
    },
  );

  test('refuses broken UTF-8', () => {
    expect(readClaims(Buffer.from('{"id":"\xff","tid":"b"}', 'latin1'))).toBeUndefined();
  });

  test('caps depth, not counting brackets in texts, and size', () => {
    const nested = (levels: number) => `{"id":"a","tid":"b","meta":{"x":${'['.repeat(levels)}${']'.repeat(levels)}}}`;
    expect(json(nested(14))).toBeDefined();
    expect(json(nested(15))).toBeUndefined();
    expect(json(nested(2000))).toBeUndefined();
    expect(json({ ...good, meta: { x: `\\"${'['.repeat(100)}` } })).toBeDefined();
    expect(json({ ...good, meta: { x: 'y'.repeat(4000) } })).toBeDefined();
    expect(json({ ...good, meta: { x: 'y'.repeat(4100) } })).toBeUndefined();
  });

  test('a member named __proto__ is a member like any other', () => {
    const claims = json('{"id":"a","tid":"b","meta":{"__proto__":{"admin":true}}}');
    expect(claims?.meta?.admin).toBeUndefined();
    expect(Object.keys(claims?.meta ?? {})).toEqual(['__proto__']);
  });
});

describe('reading hostile msgpack', () => {
  test('reads every type that JSON can say', () => {
    for (const [bytes, value] of [
      ['7f', 127],
      ['e0', -32],
      ['c0', null],
      ['c2', false],
      ['c3', true],
      ['ccff', 255],
      ['cdffff', 65535],
      ['ceffffffff', 4294967295],
      ['cf0020000000000000', 2 ** 53],
      ['d080', -128],
      ['d18000', -32768],
      ['d280000000', -2147483648],
      ['d3ffffffffffffffff', -1],
      ['ca3fc00000', 1.5],
      ['cb3ff8000000000000', 1.5],
      ['d90161', 'a'],
      ['da000161', 'a'],
      ['db0000000161', 'a'],
      ['9101', [1]],
      ['dc000101', [1]],
      ['dd0000000101', [1]],
      ['de0001a16101', { a: 1 }],
      ['df00000001a16101', { a: 1 }],
    ] as const) {
      expect(withMeta(bytes)?.meta, bytes).toEqual({ x: value });
    }
  });

  test('a map may be spelt map16 or map32', () => {
    expect(hex('de0002a26964a161a3746964a162')?.tid).toBe('b');
    expect(hex('df00000002a26964a161a3746964a162')?.tid).toBe('b');
  });

  test.each([
    ['bin', 'c40161'],
    ['ext8', 'c7010061'],
    ['fixext1', 'd40061'],
    ['a timestamp', 'd6ff00000000'],
    ['the tag that is never used', 'c1'],
    ['a NaN', 'cb7ff8000000000000'],
    ['an infinity', 'ca7f800000'],
    ['text that is no UTF-8', 'a1ff'],
    ['text longer than the rest', 'bf61'],
    ['text of 4 GB', 'dbffffffff61'],
    ['a list of 4 billion', 'ddffffffff01'],
    ['a map of 4 billion', 'dfffffffffa16101'],
    ['a map with a number for a name', '810101'],
    ['a map that ends after a name', '81a161'],
    ['a list that ends early', '9201'],
    ['a number that ends early', 'cf00'],
    ['nothing', ''],
    ['a byte too many', '0101'],
  ])('refuses %s', (_, bytes) => {
    expect(withMeta(bytes)).toBeUndefined();
  });

  test('caps depth', () => {
    expect(withMeta(`${'91'.repeat(14)}01`)).toBeDefined();
    expect(withMeta(`${'91'.repeat(15)}01`)).toBeUndefined();
    expect(withMeta(`${'91'.repeat(4000)}01`)).toBeUndefined();
    expect(withMeta(`${'81a161'.repeat(1300)}01`)).toBeUndefined();
  });

  test('a member named __proto__ is a member like any other', () => {
    const meta = withMeta('81a95f5f70726f746f5f5f81a161c3')?.meta;
    expect(Object.keys(Object(meta?.x))).toEqual(['__proto__']);
  });

  test('every truncation and every changed byte is read or refused, and never throws', () => {
    const payload = printClaims(
      { ...good, exp: 4102444800, meta: { a: [1, 1.5, 'é', null, { b: -70000 }] } },
      'msgpack',
    );
    for (let at = 0; at < payload.length; at++) {
      expect(readClaims(payload.subarray(0, at))).toBeUndefined();
      for (let byte = 0; byte < 256; byte++) readClaims(payload.with(at, byte));
    }
  });
});

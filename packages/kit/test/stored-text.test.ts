import { expect, test } from 'vitest';
import { isStorableText, storageFaults } from '../src/stored-text.ts';

const pathsOf = (value: unknown) => storageFaults(value).map(({ instancePath }) => instancePath);

test('texts that Postgres refuses or changes are told apart from all others', () => {
  for (const text of ['', 'a', '\u0001', '\u{1F511}', '\\u0000', 'é\uffff']) expect(isStorableText(text)).toBe(true);
  for (const text of ['\0', 'a\0b', '\ud800', '\udc00\ud800', 'a\udfff']) expect(isStorableText(text)).toBe(false);
});

test('each place of an input that cannot be stored is named, as a JSON pointer', () => {
  const input = { name: '\0', list: ['a', { 'x/y~z': '\ud800' }], deep: { '\0': '\0', fine: null }, count: 1 };
  expect(pathsOf(input)).toEqual(['/name', '/list/1/x~1y~0z', '/deep']);
  expect(pathsOf('\0')).toEqual(['']);
  expect(storageFaults({ deep: { '\udead': 1 } })[0]?.message).toContain('name');
});

test('input that is nested without end is refused, and no stack runs over', () => {
  const nested = (depth: number) => JSON.parse(`${'['.repeat(depth)}1${']'.repeat(depth)}`);
  expect(pathsOf(nested(32))).toEqual([]);
  expect(pathsOf(nested(33))).toHaveLength(1);
  expect(pathsOf({ metadata: nested(200_000) })).toHaveLength(1);
});

test('of an input that holds nothing else the first faults are told', () => {
  expect(pathsOf(Array(200_000).fill('\0'))).toEqual(Array.from({ length: 50 }, (_, i) => `/${i}`));
});

import { compileValidator } from '@keyward/kit/validation';
import Type, { type TSchema } from 'typebox';
import { expect, it } from 'vitest';

const strict = { additionalProperties: false };
const nullable = Type.Union([Type.String({ pattern: '^[0-9]+$' }), Type.Null()]);
const item = Type.Object({ name: Type.String({ minLength: 1 }), end: Type.Optional(nullable) }, strict);
const oneOrMany = Type.Union([item, Type.Array(item)]);
const literal = Type.Union([Type.Literal('a'), Type.Literal('b')]);

const noNumber = 'must match pattern "^[0-9]+$"';
const tooShort = 'must not have fewer than 1 characters';

const table: [string, TSchema, unknown, Record<string, string>][] = [
  ['what null may stand for', nullable, 'x', { '': noNumber }],
  ['neither', nullable, 5, { '': 'must be string' }],
  ['one, with faults within', oneOrMany, { name: '', more: 1 }, { '/more': 'is not a known field', '/name': tooShort }],
  ['one, with a part missing', oneOrMany, {}, { '/name': 'is required' }],
  ['one of many', oneOrMany, [{ name: 'a' }, { name: 'b', end: 'x' }], { '/1/end': noNumber }],
  [
    'each of a list',
    Type.Array(Type.Union([item, Type.Integer()])),
    [true, { name: '' }, 'x'],
    { '/0': 'must be object, or must be integer', '/1/name': tooShort, '/2': 'must be object, or must be integer' },
  ],
  ['none of them', oneOrMany, 5, { '': 'must be object, or must be array' }],
  ['no such constant', literal, 'c', { '': 'must be "a", or must be "b"' }],
  [
    'some and no union',
    Type.Object({ u: nullable, n: Type.Integer() }),
    { u: 'x', n: 0.5 },
    { '/u': noNumber, '/n': 'must be integer' },
  ],
];

it('of a text that does not match a pattern is told what its form is, if that has words', () => {
  const time = Type.String({ pattern: '^\\d+$', description: 'Seconds, as digits.' });
  const schema = Type.Object({ at: time, until: Type.Union([time, Type.Null()]) });
  expect(compileValidator(schema).faults({ at: 'now', until: 'then' })).toEqual([
    { path: '/at', message: 'is not of this form: Seconds, as digits' },
    { path: '/until', message: 'is not of this form: Seconds, as digits' },
  ]);
});

it.each(table)('of a union that says one thing or another, %s: the faults are those that help', (...row) => {
  const [, schema, value, expected] = row;
  const faults = compileValidator(schema).faults(value);
  expect(Object.fromEntries(faults.map(({ path, message }) => [path, message]))).toEqual(expected);
  expect(faults).toHaveLength(Object.keys(expected).length);
});

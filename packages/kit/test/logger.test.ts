import { internalHeaders } from '@keyward/contract/internal-headers';
import { Secret } from '@keyward/contract/secret';
import Type from 'typebox';
import { expect, test } from 'vitest';
import { createLogger } from '../src/logger.ts';

const secret = 'the-secret-itself';
const schema = Type.Object({
  rawKey: Secret(Type.String()),
  nested: Type.Array(Type.Object({ signing_secret: Secret(Type.String()), 'x-odd-name': Secret(Type.String()) })),
  keys: Type.Array(Secret(Type.String())),
  name: Type.String(),
});

/** What a logger prints when `log` is called with it. */
function printed(log: (logger: ReturnType<typeof createLogger>) => void): string {
  let text = '';
  const destination = {
    write: (line: string) => {
      text += line;
    },
  };
  log(createLogger({ service: 'test', level: 'trace', schemas: [schema], destination }));
  return text;
}

const names = [
  'rawKey',
  'signing_secret',
  'x-odd-name',
  'keys',
  'authorization',
  'cookie',
  'set-cookie',
  'x-api-key',
  internalHeaders.serviceToken,
];

test.each(names)('the value of %s is not printed, from the top to three levels down', (name) => {
  const value = name === 'keys' ? [secret] : secret;
  const wrappers: ((inner: object) => object)[] = [
    (inner) => inner,
    (inner) => ({ request: inner }),
    (inner) => ({ request: { headers: inner } }),
    (inner) => ({ call: { request: { headers: inner } } }),
    (inner) => ({ items: [inner] }),
    (inner) => ({ err: Object.assign(new Error('failed'), inner) }),
  ];
  for (const wrap of wrappers) {
    const text = printed((logger) => logger.info(wrap({ [name]: value, name: 'shown' }), 'hello'));
    expect(text).not.toContain(secret);
    expect(text).toContain('shown');
    expect(text).toContain('[redacted]');
  }
});

test.each(['params', 'detail', 'where'])(
  'the %s of an error are not printed: they hold values of a statement',
  (name) => {
    const err = Object.assign(new Error('failed'), { [name]: [secret], code: '22P02' });
    const text = printed((logger) => logger.error({ err }, 'hello'));
    expect(text).not.toContain(secret);
    expect(text).toContain('22P02');
  },
);

test('a child logger redacts, too', () => {
  const text = printed((logger) => logger.child({ rawKey: secret }).warn({ headers: { 'x-api-key': secret } }, 'hi'));
  expect(text).not.toContain(secret);
  expect(text).toContain('hi');
});

test('a service whose marks were lost gets no logger', () => {
  const unmarked = Type.Object({ rawKey: Type.String() });
  for (const schemas of [[], [unmarked]]) {
    expect(() => createLogger({ service: 'test', level: 'info', schemas })).toThrow('refusing to log');
  }
});

test('a line is JSON with its service, level and time', () => {
  const line = JSON.parse(printed((logger) => logger.warn({ port: 1 }, 'hello')));
  expect(line).toEqual({ service: 'test', level: 'warn', time: expect.any(String), port: 1, msg: 'hello' });
  expect(new Date(line.time).toISOString()).toBe(line.time);
});

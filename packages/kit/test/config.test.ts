import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Secret } from '@keyward/contract/secret';
import Type from 'typebox';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ConfigError, loadConfig } from '../src/config.ts';

const schema = Type.Object({
  TOKEN: Secret(Type.String({ minLength: 8 })),
  KEY: Secret(Type.String({ pattern: '^[a-z]+$' })),
  PORT: Type.Integer({ minimum: 1, maximum: 65_535, default: 8_080 }),
  RATIO: Type.Optional(Type.Number()),
  VERBOSE: Type.Boolean({ default: false }),
  MODE: Type.Enum(['fast', 'safe'], { default: 'safe' }),
});
const valid = { TOKEN: 'token-of-eight', KEY: 'abc' };

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'config-'));
});
afterAll(() => rm(folder, { recursive: true }));

/** What is said of an environment that does not do. */
function faultsOf(environment: Record<string, string>): string {
  try {
    loadConfig(schema, environment);
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigError);
    return (error as Error).message;
  }
  throw new Error('it was taken');
}

test('defaults are filled in, numbers and booleans are read, other variables are left alone', () => {
  expect(loadConfig(schema, valid)).toEqual({ ...valid, PORT: 8_080, VERBOSE: false, MODE: 'safe' });
  const set = { ...valid, PORT: '1', RATIO: '0.5', VERBOSE: 'true', MODE: 'fast', PATH: '/bin' };
  expect(loadConfig(schema, set)).toEqual({ ...valid, PORT: 1, RATIO: 0.5, VERBOSE: true, MODE: 'fast' });
});

test('every fault is told at once, by its name and never by its value', () => {
  const values = { TOKEN: 'tok', KEY: 'SECRET-9', PORT: '70000', RATIO: 'half-secret', VERBOSE: 'yes!', MODE: 'risky' };
  const message = faultsOf(values);
  for (const name of Object.keys(values)) expect(message).toContain(name);
  for (const value of Object.values(values)) expect(message).not.toContain(value);
});

test('every variable that is missing is named', () => {
  expect(faultsOf({})).toMatch(/TOKEN.*KEY|KEY.*TOKEN/);
  expect(faultsOf({ TOKEN: '', KEY: 'abc' })).toContain('TOKEN');
});

test.each(['8080x', '0x1f', '1.5', '', ' ', '1e3', '-1', '99999999999999999999'])('%j is no port', (text) => {
  if (text === '') expect(loadConfig(schema, { ...valid, PORT: text }).PORT).toBe(8_080);
  else expect(faultsOf({ ...valid, PORT: text })).toContain('PORT');
});

test('NAME_FILE reads a mounted secret, without its last line break', async () => {
  const file = join(folder, 'token');
  await writeFile(file, 'token-of-a-file\n');
  expect(loadConfig(schema, { KEY: 'abc', TOKEN_FILE: file }).TOKEN).toBe('token-of-a-file');
  expect(loadConfig(schema, { KEY: 'abc', TOKEN_FILE: file, TOKEN: '' }).TOKEN).toBe('token-of-a-file');
});

test('a file that is not there, and a variable that is set twice, are told with all other faults', async () => {
  const file = join(folder, 'key');
  await writeFile(file, 'secretkey');
  const environment = {
    TOKEN_FILE: join(folder, 'missing'),
    KEY: 'direct',
    KEY_FILE: file,
    PORT: 'http',
  };
  const message = faultsOf(environment);
  expect(message).toContain('TOKEN_FILE cannot be read (ENOENT)');
  expect(message).toContain('KEY and KEY_FILE are both set');
  expect(message).toContain('PORT');
  expect(message).not.toMatch(/direct|secretkey|http|missing/);
});

import { describe, expect, test } from 'vitest';
import { runtime as edge } from '../src/edge/runtime.ts';
import { Keyward } from '../src/keyward.ts';
import { KeywardError } from '../src/keyward-error.ts';
import { type KeywardOptions, readSettings } from '../src/options.ts';

const server = { serverKey: 'sk_live_x', projectEnv: 'shop-production', baseUrl: 'https://keys.example.com' };
const read = (options: KeywardOptions, environment: Record<string, string> = {}) => readSettings(options, environment);

/** What is said of options that cannot be. */
function faultOf(options: KeywardOptions, environment: Record<string, string> = {}): string {
  try {
    read(options, environment);
  } catch (error) {
    if (error instanceof KeywardError && error.code === 'CONFIG') return error.message;
    throw error;
  }
  throw new Error('these options should have been refused');
}

describe('secrets', () => {
  test.each([
    [{ secret: 'a' }, {}, ['a']],
    [{ secrets: ['a', 'b'] }, {}, ['a', 'b']],
    [{ secrets: ['a'], secret: 'b' }, {}, ['a']],
    [{ secrets: [] }, { APIKEE_SECRET: 'c' }, ['c']],
    [{}, { KEYWARD_SECRET: 'k', APIKEE_SECRET: 'c' }, ['k']],
    [{}, { APIKEE_LOCAL_SECRET: ' l ' }, ['l']],
    [{ secret: 'a' }, { KEYWARD_SECRET: 'k' }, ['a']],
  ])('%j and %j are %j', (options, environment, secrets) => {
    expect(read(options, environment)).toMatchObject({ secrets, server: undefined });
  });

  test('are needed where there is no server', () => {
    expect(faultOf({})).toContain('KEYWARD_SECRET is not set');
    expect(faultOf({ secret: '' }, { KEYWARD_SECRET: ' ' })).toContain('openssl rand');
    expect(read(server).secrets).toEqual([]);
  });
});

describe('server mode', () => {
  test.each([
    ['https://keys.example.com', 'https://keys.example.com/api/v1'],
    ['https://keys.example.com/', 'https://keys.example.com/api/v1'],
    ['http://127.0.0.1:4000/api/v1/', 'http://127.0.0.1:4000/api/v1'],
    ['https://example.com/keys?a=1#b', 'https://example.com/keys/api/v1'],
  ])('of %s calls %s', (baseUrl, url) => {
    expect(read({ ...server, baseUrl }).server?.baseUrl.href).toBe(url);
  });

  test('is read from the environment, by either name', () => {
    const variables = { SERVER_KEY: 'sk_live_x', PROJECT_ENV: 'shop-production', BASE_URL: 'https://keys.example.com' };
    for (const prefix of ['KEYWARD', 'APIKEE']) {
      const environment = Object.fromEntries(
        Object.entries(variables).map(([name, value]) => [`${prefix}_${name}`, value]),
      );
      expect(read({}, { ...environment, [`${prefix}_PRIVATE_KEY`]: 'pem' }).server).toMatchObject({
        serverKey: 'sk_live_x',
        projectEnv: 'shop-production',
        privateKey: 'pem',
        timeoutMs: 3_000,
        pins: [],
      });
    }
  });

  test('says all that is missing or wrong at once, and no value', () => {
    const fault = faultOf({
      serverKey: 'sk live',
      projectEnv: '',
      baseUrl: 'ftp://secret.example',
      serverTimeout: 0,
      maxSockets: 0,
      serverPublicKey: 'short',
    });
    for (const name of [
      'KEYWARD_PROJECT_ENV',
      'KEYWARD_BASE_URL',
      'serverTimeout',
      'maxSockets',
      'KEYWARD_SERVER_PUBLIC_KEY',
      'KEYWARD_SERVER_KEY',
    ])
      expect(fault).toContain(name);
    expect(fault).not.toMatch(/sk live|secret\.example|short/);
    expect(faultOf({ serverKey: 'sk_live_x', projectEnv: 'p' })).toContain('KEYWARD_BASE_URL (baseUrl) is missing');
  });

  test('trusts no authority in vain', () => {
    expect(faultOf({ ...server, ca: 'PEM', fetch })).toContain('ca is of no use with fetch');
    expect(() => new Keyward({ ...server, ca: 'no certificate' })).toThrow('ca holds no certificate in PEM');
    expect(() => edge.createHttpClient({ origin: 'https://x', maxSockets: 1, ca: 'PEM', fetch })).toThrow(KeywardError);
  });

  test('takes a public key or a fingerprint for a pin, and several', () => {
    const publicKey = Buffer.alloc(32, 1).toString('base64');
    const fingerprint = 'ab'.repeat(32);
    expect(read({ ...server, serverPublicKey: [publicKey, fingerprint] }).server?.pins).toEqual([
      publicKey,
      fingerprint,
    ]);
    const environment = { KEYWARD_SERVER_PUBLIC_KEY: `${publicKey}, ${fingerprint}` };
    expect(read(server, environment).server?.pins).toEqual([publicKey, fingerprint]);
  });
});

test('headers are known in lower case, and only what can be one is taken', () => {
  expect(read({ secret: 's', headerName: 'X-My-Key' }).headerName).toBe('x-my-key');
  expect(faultOf({ secret: 's', headerName: 'x my key' })).toContain('headerName');
});

test('one path that needs no key is that path, and no other', () => {
  expect([...read({ secret: 's', excludePaths: '/status' }).excludePaths]).toEqual(['/status']);
});

test('what is neither true nor false opens nothing', () => {
  // As JavaScript passes what it reads of the environment.
  const failOpen: unknown = 'false';
  expect(faultOf({ secret: 's', failOpen: failOpen as boolean })).toContain('failOpen');
});

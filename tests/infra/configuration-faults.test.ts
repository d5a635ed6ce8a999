import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { configurationFaults } from '../src/infra/configuration-faults.ts';

const folder = mkdtempSync(join(tmpdir(), 'faults-'));
afterAll(() => rmSync(folder, { recursive: true }));
const token = join(folder, 'token');
writeFileSync(token, 'a-service-token-of-tests\n');

const environment = {
  VALIDATOR_URL: 'http://validator:8080',
  ADMIN_API_URL: 'http://admin-api:8080',
  SERVICE_TOKEN_FILE: '/run/secrets/service-token',
  KEYRING_FILE: '/run/secrets/keyring.json',
};

/** What is wrong with a gateway that has two files mounted. */
const faultsOf = (changed: Record<string, string>) =>
  configurationFaults({
    program: 'gateway',
    environment: { ...environment, ...changed },
    fileAt: (path) => (Object.values(environment).includes(path) ? token : undefined),
  });

test('an environment that a service starts with has no faults', () => {
  expect(faultsOf({ NODE_OPTIONS: '--max-old-space-size=128', LOG_LEVEL: 'debug' })).toEqual([]);
});

test.each([
  [{ VALIDATER_URL: 'http://validator:8080' }, 'VALIDATER_URL is no variable of gateway'],
  [{ DATABASE_URL_FILE: '/run/secrets/keyring.json' }, 'DATABASE_URL_FILE is no variable of gateway'],
  [
    { SERVICE_TOKEN_FILE: '/run/secrets/other' },
    'SERVICE_TOKEN_FILE names /run/secrets/other, where nothing is mounted',
  ],
  [{ KEYRING_FILE: '/etc/keyring.json' }, 'KEYRING_FILE names /etc/keyring.json, where nothing is mounted'],
])('%j is found', (changed, fault) => {
  expect(faultsOf(changed)).toContain(fault);
});

test.each([{ ADMIN_API_URL: '' }, { PORT: 'http' }, { SERVICE_TOKEN: 'another service token' }])(
  '%j is refused as the service refuses it',
  (changed) => {
    expect(faultsOf(changed).join()).toContain(Object.keys(changed)[0]);
  },
);

import { createHash } from 'node:crypto';
import { globSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseKeyring } from '@keyward/envelope/keyring';
import { aclRules } from '@keyward/stores/redis/acl-rules';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createSecrets } from '../src/installation/create-secrets.ts';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'secrets-'));
});
afterEach(() => rmSync(directory, { recursive: true }));

const stores = { postgres: 'postgres:5432/keyward', redis: 'redis:6379/0' };
const create = (more: object = {}) => createSecrets({ directory, nowMs: 1_800_000_000_000, ...more });
const read = (path: string) => readFileSync(join(directory, path), 'utf8').trimEnd();
const all = () => Object.fromEntries(globSync('*/*', { cwd: directory }).map((path) => [path, read(path)]));

test('each service gets what it holds, and nothing else', () => {
  create(stores);
  expect(Object.keys(all()).toSorted()).toEqual([
    'admin-api/database-url',
    'admin-api/master-key',
    'admin-api/owner-password',
    'admin-api/pepper',
    'admin-api/projection-key',
    'admin-api/redis-url',
    'admin-api/service-token',
    'gateway/keyring.json',
    'gateway/service-token',
    'ingest/database-url',
    'migrate/database-url',
    'postgres/password',
    'redis/users.acl',
    'validator/pepper',
    'validator/projection-key',
    'validator/redis-url',
    'validator/service-token',
  ]);
  expect(read('validator/pepper')).toBe(read('admin-api/pepper'));
  expect(read('gateway/service-token')).toBe(read('validator/service-token'));
  expect(parseKeyring(read('gateway/keyring.json')).keys).toHaveLength(1);
  const secrets = ['pepper', 'projection-key', 'master-key', 'service-token', 'owner-password'];
  expect(new Set(secrets.map((name) => read(`admin-api/${name}`))).size).toBe(secrets.length);
});

test('whoever brings their own stores gets no passwords for them', () => {
  expect(create().filter((path) => /url|postgres|redis/.test(path))).toEqual([]);
});

test('what is there stays, and only what is missing is made, from what is there', () => {
  create(stores);
  const before = all();
  expect(create(stores)).toEqual([]);
  rmSync(join(directory, 'validator/pepper'));
  rmSync(join(directory, 'ingest/database-url'));
  rmSync(join(directory, 'redis/users.acl'));
  expect(create(stores)).toEqual(['validator/pepper', 'ingest/database-url', 'redis/users.acl']);
  expect(all()).toEqual(before);
});

test('two services that hold different ones are not reconciled in silence', () => {
  create();
  writeFileSync(join(directory, 'validator/pepper'), 'another pepper');
  expect(() => create()).toThrow('validator/pepper and admin-api/pepper differ');
});

test('a store knows its users by the passwords that the services have', () => {
  create(stores);
  expect(read('ingest/database-url')).toBe(`postgres://keyward:${read('postgres/password')}@postgres:5432/keyward`);
  const { username, password, host } = new URL(read('validator/redis-url'));
  expect([username, host]).toEqual(['validator', 'redis:6379']);
  const digest = createHash('sha256').update(password).digest('hex');
  expect(read('redis/users.acl')).toContain(`user validator on #${digest} ${aclRules('validator').join(' ')}\n`);
  expect(read('redis/users.acl')).not.toContain(password);
});

test('a service’s files are for its own user; a store’s are read by one whom we do not know', () => {
  create(stores);
  const modeOf = (path: string) => statSync(join(directory, path)).mode & 0o777;
  expect(modeOf('admin-api/master-key')).toBe(0o600);
  expect(modeOf('postgres/password')).toBe(0o444);
});

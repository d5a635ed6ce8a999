import { expect, test } from 'vitest';
import { libpqVariables } from '../src/commands/postgres-tool.ts';

test('programs of Postgres reach what services reach, and trust whom these trust', () => {
  const url = 'postgres://u%40h:p%3Aw@[::1]:7/keyward?sslmode=verify-full';
  const place = { PGHOST: '::1', PGPORT: '7', PGUSER: 'u@h', PGPASSWORD: 'p:w', PGDATABASE: 'keyward' };
  expect(libpqVariables(url)).toEqual({ ...place, PGSSLMODE: 'verify-full', PGSSLROOTCERT: 'system' });
  expect(libpqVariables(`${url}&sslrootcert=/ca.pem`)).toMatchObject({ PGSSLROOTCERT: '/ca.pem' });
  expect(libpqVariables('postgres://u:p@h/d')).not.toHaveProperty('PGSSLROOTCERT');
});

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { backup } from '../src/commands/backup.ts';

const folder = mkdtempSync(join(tmpdir(), 'keyward-backup-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** A first line that names Node would end at a space in its path. */
const pgDump = `#!/bin/sh
exec "${process.execPath}" "${join(folder, 'dump.cjs')}" "$@"
`;
const dump = `
const { statSync, writeFileSync } = require('node:fs');
const file = process.argv.find((each) => each.startsWith('--file=')).slice('--file='.length);
writeFileSync(file, (statSync(file).mode & 0o777).toString(8));
`;

test('nobody else can read a backup, while it is written either', async () => {
  writeFileSync(join(folder, 'pg_dump'), pgDump, { mode: 0o755 });
  writeFileSync(join(folder, 'dump.cjs'), dump);
  const file = join(folder, 'keyward.dump');
  writeFileSync(`${file}.partial`, 'of one that was broken off', { mode: 0o644 });
  const environment = { PATH: folder, DATABASE_URL: 'postgres://user:password@host/keyward' };
  await backup.run({ environment, given: { to: file }, report: () => undefined });
  expect(readFileSync(file, 'utf8')).toBe('600');
});

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createKeyringEntry, keyringOf, printKeyring } from '@keyward/envelope/keyring';
import { systemClock } from '@keyward/kit/clock';
import { createLogger } from '@keyward/kit/logger';
import { expect, it, vi } from 'vitest';
import { GatewayConfig } from '../src/config.ts';
import { KeyringFile } from '../src/keyring-file.ts';

it('a broken or missing file keeps the old keyring, is logged once, and its text never is', async () => {
  await using own = new AsyncDisposableStack();
  const folder = await mkdtemp(join(tmpdir(), 'keyring-'));
  own.defer(() => rm(folder, { recursive: true }));
  const path = join(folder, 'keyring.json');
  const [first, second] = [newKeyring(), newKeyring()];
  await writeFile(path, printKeyring(first));
  const lines: string[] = [];
  const destination = { write: (line: string) => void lines.push(line) };
  const logger = createLogger({ service: 'test', level: 'info', schemas: [GatewayConfig], destination });
  const file = own.use(await KeyringFile.open({ path, logger, pollMs: 5 }));
  const kids = () => file.current.keys.map(({ kid }) => kid);
  const errors = () => lines.filter((line) => line.includes('"error"'));

  const secret = printKeyring(second).slice(0, -10);
  await writeFile(path, secret);
  await vi.waitFor(() => expect(errors()).toHaveLength(1));
  await rm(path);
  await vi.waitFor(() => expect(errors()).toHaveLength(2));
  expect(kids()).toEqual(first.keys.map(({ kid }) => kid));
  await writeFile(path, printKeyring(second));
  await vi.waitFor(() => expect(kids()).toEqual(second.keys.map(({ kid }) => kid)));
  expect(errors()).toHaveLength(2);
  const [privateKey = ''] = /[\w+/]{43}=/.exec(secret) ?? [];
  expect(privateKey).toHaveLength(44);
  expect(lines.join('')).not.toContain(privateKey);
});

it('without a keyring to begin with, there is no start', async () => {
  const logger = createLogger({ service: 'test', level: 'silent', schemas: [GatewayConfig] });
  await expect(KeyringFile.open({ path: '/nowhere/keyring.json', logger })).rejects.toThrow('ENOENT');
});

function newKeyring() {
  return keyringOf([createKeyringEntry({ nowMs: systemClock.nowMs() })]);
}

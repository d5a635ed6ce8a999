import { appendFileSync, cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { installFiles } from '@keyward/tests/infra/install-files';
import { afterAll, expect, test } from 'vitest';

interface InstallState {
  isInstalled(root: string): boolean;
  projectNode(root: string): string;
  rememberInstalled(root: string): void;
}

const path = '../../scripts/install-state.mjs';
// Plain JavaScript for any Node, which has no types.
const { isInstalled, projectNode, rememberInstalled }: InstallState = await import(path);

const repository = resolve(import.meta.dirname, '../..');
const root = mkdtempSync(join(tmpdir(), 'install-state-'));
afterAll(() => rmSync(root, { recursive: true }));

test('the workspace is installed anew when any file changes that decides what is installed', () => {
  const files = installFiles(repository);
  for (const file of files) cpSync(join(repository, file), join(root, file));
  mkdirSync(dirname(projectNode(root)), { recursive: true });
  writeFileSync(projectNode(root), '');
  const missed = files.filter((file) => {
    rememberInstalled(root);
    expect(isInstalled(root)).toBe(true);
    appendFileSync(join(root, file), '\n');
    return isInstalled(root);
  });
  expect(missed).toEqual([]);
});

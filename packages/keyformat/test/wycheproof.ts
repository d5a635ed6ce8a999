import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'vitest';

/**
 * Registers tests over a file of C2SP Wycheproof vectors from the folder that WYCHEPROOF_DIR names. Without it one test
 * says so: skipped on a developer's machine, failed where `CI` is set.
 */
export function wycheproof<Group>(file: string, register: (groups: Group[]) => void): void {
  const folder = process.env.WYCHEPROOF_DIR;
  if (folder) {
    const { testGroups } = JSON.parse(readFileSync(join(folder, file), 'utf8')) as { testGroups: Group[] };
    register(testGroups);
    return;
  }
  const name = `Wycheproof ${file}: WYCHEPROOF_DIR is not set`;
  if (!process.env.CI) {
    test.skip(name, () => {});
    return;
  }
  test(name, () => {
    throw new Error('WYCHEPROOF_DIR must name the folder of the vectors when CI is set');
  });
}

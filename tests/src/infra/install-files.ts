import { globSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';

/** Every file below `root` that decides what pnpm installs, by its path from there. */
export function installFiles(root: string): string[] {
  const ofPnpm = readdirSync(root).filter((name) => /^(package\.json|pnpm-.*\.yaml|\.pnpmfile\..*)$/.test(name));
  const { packages } = parse(readFileSync(join(root, 'pnpm-workspace.yaml'), 'utf8')) as { packages: string[] }; // pnpm reads it, too
  const inside = [...packages.map((each) => `${each}/package.json`), 'patches/*'];
  const found = globSync(inside, { cwd: root });
  if (found.length < 10) throw new Error(`the workspace at ${root} has only ${found.join(', ')}`);
  return [...ofPnpm, ...found].sort();
}

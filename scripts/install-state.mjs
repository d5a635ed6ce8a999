/**
 * Tells whether `node_modules` belongs to the lockfile beside it. The stamp holds the hash of everything that decides
 * what an install lays down: the lockfile, the settings, the hooks, the patches and each workspace package's manifest.
 */
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const stampPath = (root) => join(root, 'node_modules', '.keyward-install');

/** The Node of the project, which runs TypeScript as it is. */
export const projectNode = (root) => join(root, 'node_modules', 'node', 'bin', 'node');

export function isInstalled(root) {
  if (!existsSync(projectNode(root)) || !existsSync(stampPath(root))) return false;
  return readFileSync(stampPath(root), 'utf8') === installHash(root);
}

/** To be called before an install, so that one which breaks off half-way is not taken for a whole one. */
export const forgetInstalled = (root) => rmSync(stampPath(root), { force: true });

export const rememberInstalled = (root) => writeFileSync(stampPath(root), installHash(root));

function installHash(root) {
  const hash = createHash('sha256');
  for (const path of decidingFiles(root)) {
    const full = join(root, path);
    if (existsSync(full)) hash.update(`${path}\0`).update(readFileSync(full)).update('\0');
  }
  return hash.digest('hex');
}

function decidingFiles(root) {
  const patches = namesIn(join(root, 'patches')).map((name) => join('patches', name));
  const manifests = ['packages', 'services'].flatMap((folder) =>
    namesIn(join(root, folder)).map((name) => join(folder, name, 'package.json')),
  );
  const fixed = ['pnpm-lock.yaml', 'pnpm-workspace.yaml', '.pnpmfile.mjs', 'package.json', '.npmrc'];
  const others = ['tests', 'bench', 'examples', 'infra'].map((folder) => join(folder, 'package.json'));
  return [...fixed, ...patches, ...manifests, ...others];
}

const namesIn = (folder) => (existsSync(folder) ? readdirSync(folder).sort() : []);

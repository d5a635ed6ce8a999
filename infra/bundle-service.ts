import { chmod, cp, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, resolve } from 'node:path';
import { build } from 'rolldown';

export const bundledServices = ['gateway', 'validator', 'ingest', 'admin-api', 'local'] as const;
export type BundledService = (typeof bundledServices)[number];

export const isBundledService = (name: string): name is BundledService =>
  bundledServices.some((service) => service === name);

const root = resolve(import.meta.dirname, '..');
const stores = resolve(root, 'packages/stores');

/** Native or optional parts of libraries that Keyward never asks for; what is absent fails where it is asked for, if ever. */
const never = ['pg-native', 'pino-pretty'];
/** Postgres in the process, 20 MB of WebAssembly: for the one image that has no other. */
const embedded = '@electric-sql/pglite';
/** Each is a program of its own in the folder. */
const entries: Record<BundledService, Record<string, string>> = {
  gateway: { main: 'services/gateway/src/main.ts' },
  validator: { main: 'services/validator/src/main.ts' },
  ingest: { main: 'services/ingest/src/main.ts' },
  'admin-api': { main: 'services/admin-api/src/main.ts', keyward: 'services/admin-api/src/keyward-main.ts' },
  local: { main: 'services/local/src/main.ts' },
};
const runsScripts: readonly BundledService[] = ['validator', 'admin-api', 'local'];

/** Makes `dist/<service>` anew: its programs with all that they import, and the files that they read; answers the folder. */
export async function bundleService(service: BundledService, into = resolve(root, 'dist', service)): Promise<string> {
  await rm(into, { recursive: true, force: true });
  await build({
    cwd: root,
    input: entries[service],
    platform: 'node',
    external: [...never, embedded, `${embedded}/contrib/pg_trgm`],
    output: {
      dir: into,
      format: 'esm',
      banner: (chunk) => (chunk.name === 'keyward' ? '#!/usr/bin/env node' : ''),
      entryFileNames: '[name].mjs',
      chunkFileNames: '[name]-[hash].mjs',
    },
    logLevel: 'warn',
  });
  await cp(resolve(root, 'infra/check-health.mjs'), resolve(into, 'check-health.mjs'));
  // readLua looks beside the file that it is in, and all chunks are in this folder.
  if (runsScripts.includes(service))
    await cp(resolve(stores, 'src/redis/scripts'), resolve(into, 'scripts'), { recursive: true });
  if (service === 'admin-api') await chmod(resolve(into, 'keyward.mjs'), 0o755);
  if (service === 'local') await copyEmbedded(into);
  return into;
}

/** As it is: it finds its files by where its own code is. */
async function copyEmbedded(into: string): Promise<void> {
  const entry = createRequire(resolve(stores, 'package.json')).resolve(embedded);
  const from = resolve(dirname(entry), '..');
  const isNeeded = (path: string) => !/\.(map|cjs|d\.ts|d\.cts)$/.test(path);
  await cp(from, resolve(into, 'node_modules', embedded), { recursive: true, dereference: true, filter: isNeeded });
}

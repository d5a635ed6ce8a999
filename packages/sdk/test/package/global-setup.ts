import { execFile } from 'node:child_process';
import { cp, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import type { TestProject } from 'vitest/node';
import { fetchRuntime, type RuntimeName, type RuntimeState, requiredRuntimes, runtimeNames } from './runtimes.ts';

declare module 'vitest' {
  interface ProvidedContext {
    published: Published;
    runtimes: Record<RuntimeName, RuntimeState>;
  }
}

/** The package as it is published, and two projects outside of this workspace into which it was installed. */
export interface Published {
  tarball: string;
  /** Has this package and nothing else. */
  alone: string;
  /** Has the frameworks as well, and TypeScript. */
  withPeers: string;
}

const run = promisify(execFile);
const packageFolder = resolve(import.meta.dirname, '../..');
const root = resolve(packageFolder, '../..');

/** Packs and installs once for all files of tests, and fetches the runtimes meanwhile. */
export default async function globalSetup(project: TestProject): Promise<() => Promise<void>> {
  const required = requiredRuntimes();
  const folder = await mkdtemp(join(tmpdir(), 'keyward-package-'));
  const [published, states] = await Promise.all([publish(folder), Promise.all(runtimeNames.map(fetchRuntime))]);
  const runtimes = Object.fromEntries(runtimeNames.map((name, index) => [name, states[index]]));
  project.provide('published', published);
  project.provide('runtimes', runtimes as Record<RuntimeName, RuntimeState>); // a state for each name
  const missing = required.flatMap((name) => {
    const state = runtimes[name];
    return state?.state === 'missing' ? [`The runtime "${name}" is required and cannot be had: ${state.reason}`] : [];
  });
  if (missing.length > 0) throw new Error(missing.join('\n'));
  return () => rm(folder, { recursive: true, force: true });
}

async function publish(folder: string): Promise<Published> {
  const { packageManager } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8'));
  await run('npx', ['--yes', packageManager, 'pack', '--pack-destination', folder], { cwd: packageFolder });
  const [name = ''] = await readdir(folder);
  const tarball = join(folder, name);
  const alone = join(folder, 'alone');
  await cp(join(import.meta.dirname, 'project'), alone, { recursive: true });
  await writeFile(join(alone, 'package.json'), '{ "private": true, "type": "module" }');
  await run('npm', ['install', '--offline', '--no-audit', '--no-fund', tarball], { cwd: alone });
  const withPeers = join(folder, 'with-peers');
  await cp(alone, withPeers, { recursive: true });
  // Those that the adapters are tried with.
  for (const peer of ['express', 'fastify', 'hono', '@nestjs', '@types', 'reflect-metadata', 'rxjs'])
    await symlink(join(root, 'tests/node_modules', peer), join(withPeers, 'node_modules', peer));
  return { tarball, alone, withPeers };
}

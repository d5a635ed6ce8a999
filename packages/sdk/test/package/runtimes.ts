import { execFile } from 'node:child_process';
import { access, mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const root = resolve(import.meta.dirname, '../../../..');

/** What the package has to run on, beside the project's own Node; each is an npm package with a program in it. */
const packages = {
  node20: { name: onPlatform({ name: 'node' }), version: '20.20.2', program: 'bin/node' },
  bun: { name: onPlatform({ name: '@oven/bun' }), version: '1.4.5', program: 'bin/bun' },
  deno: { name: onPlatform({ name: '@deno', between: '/', libc: '-glibc' }), version: '2.9.6', program: 'deno' },
  workerd: {
    name: onPlatform({ name: '@cloudflare/workerd', x64: '64' }),
    version: '1.20261117.1',
    program: 'bin/workerd',
  },
};

export type RuntimeName = keyof typeof packages;
export const runtimeNames = Object.keys(packages).filter((name): name is RuntimeName => name in packages);

/** Where its program is, or why there is none. */
export type RuntimeState = { state: 'there'; program: string } | { state: 'missing'; reason: string };

/**
 * The runtimes that must be there, from `REQUIRE_RUNTIMES=node20,bun`.
 * @throws Error that names the entries which are no runtime
 */
export function requiredRuntimes(env: NodeJS.ProcessEnv = process.env): RuntimeName[] {
  const entries = (env.REQUIRE_RUNTIMES ?? '').split(',').map((entry) => entry.trim());
  const names = entries.filter((entry) => entry !== '');
  const unknown = names.filter((name) => !(name in packages));
  if (unknown.length > 0)
    throw new Error(
      `REQUIRE_RUNTIMES names no such runtime: ${unknown.join(', ')}. Known: ${runtimeNames.join(', ')}.`,
    );
  return runtimeNames.filter((name) => names.includes(name));
}

/** Fetches it with npm into `.cache` where it is not there yet. */
export async function fetchRuntime(runtime: RuntimeName): Promise<RuntimeState> {
  const { name, version, program } = packages[runtime];
  const folder = join(root, '.cache', 'runtimes', `${runtime}-${version}`);
  const found = join(folder, 'node_modules', name, program);
  try {
    if (!(await exists(found))) await install(`${name}@${version}`, folder);
    await run(found, ['--version']);
    return { state: 'there', program: found };
  } catch (error) {
    return { state: 'missing', reason: error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error) };
  }
}

/** Beside its place first, so that what was cut short is not taken for whole. */
async function install(specifier: string, folder: string): Promise<void> {
  const beside = `${folder}.${process.pid}`;
  await mkdir(beside, { recursive: true });
  try {
    await writeFile(join(beside, 'package.json'), '{ "private": true }');
    await run('npm', ['install', '--ignore-scripts', '--no-audit', '--no-fund', specifier], { cwd: beside });
    await rm(folder, { recursive: true, force: true });
    await rename(beside, folder);
  } finally {
    await rm(beside, { recursive: true, force: true });
  }
}

interface PlatformPackage {
  name: string;
  between?: string;
  /** What stands for x64. */
  x64?: string;
  libc?: string;
}

/** The package that holds the program for this machine; installing it by its own name needs no scripts. */
function onPlatform({ name, between = '-', x64 = 'x64', libc = '' }: PlatformPackage): string {
  const { platform, arch } = process;
  const isOldName = name === 'node' && platform === 'darwin' && arch === 'arm64';
  const cpu = arch === 'x64' ? x64 : arch;
  return `${isOldName ? 'node-bin' : name}${between}${platform}-${cpu}${platform === 'linux' ? libc : ''}`;
}

function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

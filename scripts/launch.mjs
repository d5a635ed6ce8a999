/**
 * `node scripts/launch.mjs <entry.ts> [args…]` runs a TypeScript entry of this workspace under the project's own Node,
 * which is an npm package, and installs the workspace first when needed. Plain JavaScript for any Node from 20 on.
 */
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { constants } from 'node:os';
import { dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { withInstallLock } from './install-lock.mjs';
import { forgetInstalled, isInstalled, projectNode, rememberInstalled } from './install-state.mjs';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..');
const repeatedSignalMs = 1_000;

class LaunchError extends Error {}

try {
  requireNode20();
  const [entry, ...args] = process.argv.slice(2);
  if (entry === undefined) throw new LaunchError('Usage: node scripts/launch.mjs <entry.ts> [args…]');
  if (!isInstalled(root)) await withInstallLock(root, install);
  process.exitCode = await run(entry, args);
} catch (error) {
  if (!(error instanceof LaunchError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
}

function requireNode20() {
  if (Number(process.versions.node.split('.')[0]) >= 20) return;
  throw new LaunchError(
    `Keyward needs Node 20 or newer to start (this is ${process.version}); it then fetches its own Node.`,
  );
}

async function install() {
  if (isInstalled(root)) return;
  const { packageManager } = JSON.parse(readFileSync(resolve(root, 'package.json'), 'utf8'));
  process.stderr.write(`Installing the workspace with ${packageManager} (the first time takes up to a minute) …\n`);
  forgetInstalled(root);
  const startedAt = performance.now();
  const { code, output } = await runQuietly('npx', ['--yes', packageManager, 'install', '--frozen-lockfile']);
  if (code !== 0) {
    process.stderr.write(output);
    throw new LaunchError(`The workspace could not be installed: ${packageManager} ended with ${code} (see above).`);
  }
  rememberInstalled(root);
  process.stderr.write(`Installed in ${((performance.now() - startedAt) / 1_000).toFixed(1)} s.\n`);
}

/** CI=true keeps pnpm from asking questions that nobody would see. */
function runQuietly(command, args) {
  const child = spawn(command, args, {
    cwd: root,
    env: { ...process.env, CI: 'true' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  passOnSignals(child);
  const chunks = [];
  child.stdout.on('data', (chunk) => chunks.push(chunk));
  child.stderr.on('data', (chunk) => chunks.push(chunk));
  return ended(child, command).then((code) => ({ code, output: Buffer.concat(chunks).toString() }));
}

function run(entry, args) {
  const child = spawn(projectNode(root), [entry, ...args], { cwd: root, stdio: 'inherit' });
  passOnSignals(child);
  return ended(child, 'node');
}

/**
 * The launcher outlives its child, so it never acts on a signal itself. Ctrl-C at a terminal reaches launcher and child
 * both, and npm sends the launcher one more: of several within a second one is passed on, and the child takes those
 * that come close together for one.
 */
function passOnSignals(child) {
  const passedAt = new Map();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    process.on(signal, () => {
      if (performance.now() - (passedAt.get(signal) ?? Number.NEGATIVE_INFINITY) < repeatedSignalMs) return;
      passedAt.set(signal, performance.now());
      child.kill(signal);
    });
  }
}

function ended(child, command) {
  return new Promise((fulfil, reject) => {
    child.once('error', (error) => reject(new LaunchError(`${command} could not be started: ${error.message}.`)));
    child.once('close', (code, signal) => fulfil(code ?? 128 + constants.signals[signal]));
  });
}

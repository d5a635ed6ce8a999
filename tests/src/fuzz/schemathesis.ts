import { cachedFolder } from '../backends/cache-folder.ts';
import { findProgram } from '../backends/find-program.ts';
import { messageOf } from '../backends/message-of.ts';
import type { RunOptions } from '../backends/run-program.ts';
import { type Finished, runToEnd } from '../backends/run-to-end.ts';

const version = '4.32.5';
const installMs = 300_000;

export interface Schemathesis {
  run(args: readonly string[], options: RunOptions): Promise<Finished>;
}

/** schemathesis of PyPI, which pip puts into the cache once; a sentence, if this machine cannot have it. */
export async function findSchemathesis(): Promise<Schemathesis | string> {
  const python = findProgram('python3');
  if (!python) return 'there is no python3';
  try {
    const packages = await cachedFolder(`schemathesis-${version}`, (folder) => install(python, folder));
    return {
      run(args, { env, ...options }) {
        // Its command line; `--target` makes programs whose first line names another folder.
        const program = ['-c', 'from schemathesis.cli import schemathesis; schemathesis()', ...args];
        return runToEnd(python, program, { ...options, env: { ...process.env, PYTHONPATH: packages, ...env } });
      },
    };
  } catch (error) {
    return messageOf(error);
  }
}

/** From where the machine's own configuration of pip says. */
async function install(python: string, folder: string): Promise<void> {
  const args = ['-m', 'pip', 'install', '--quiet', '--target', folder, `schemathesis==${version}`];
  const { code, errors } = await runToEnd(python, args, { timeoutMs: installMs });
  if (code !== 0) throw new Error(`pip could not install schemathesis ${version}: ${errors.trim()}`);
}

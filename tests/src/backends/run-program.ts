import { type SpawnOptions, spawn } from 'node:child_process';

export interface RunOptions extends Pick<SpawnOptions, 'cwd' | 'env' | 'uid' | 'gid'> {
  timeoutMs: number;
}

/**
 * Runs a program to its end and returns what it printed.
 * @throws Error with the last lines of its output when it fails or takes longer than `timeoutMs`.
 */
export function runProgram(program: string, args: readonly string[], options: RunOptions): Promise<string> {
  const { timeoutMs, ...rest } = options;
  const child = spawn(program, args, {
    ...rest,
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: timeoutMs,
    killSignal: 'SIGKILL',
  });
  const chunks: Buffer[] = [];
  child.stdout?.on('data', (chunk: Buffer) => chunks.push(chunk));
  child.stderr?.on('data', (chunk: Buffer) => chunks.push(chunk));
  return new Promise((fulfil, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => {
      const output = Buffer.concat(chunks).toString();
      if (code === 0) return fulfil(output);
      reject(new Error(`${program} ended with ${signal ?? code}: ${lastLines(output, 5)}`));
    });
  });
}

export const lastLines = (text: string, count: number) => text.trim().split('\n').slice(-count).join(' | ');

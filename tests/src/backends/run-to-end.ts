import { spawn } from 'node:child_process';
import type { RunOptions } from './run-program.ts';

export interface Finished {
  code: number | null;
  output: string;
  errors: string;
}

/** Runs a program to its end, however it ends; what it printed, and where. */
export function runToEnd(program: string, args: readonly string[], options: RunOptions): Promise<Finished> {
  const { timeoutMs, ...rest } = options;
  const child = spawn(program, args, {
    ...rest,
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: timeoutMs,
    killSignal: 'SIGKILL',
  });
  const said = { output: '', errors: '' };
  child.stdout?.on('data', (chunk) => (said.output += chunk));
  child.stderr?.on('data', (chunk) => (said.errors += chunk));
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve({ code, ...said }));
  });
}

import { spawn } from 'node:child_process';
import { resolve } from 'node:path';

export interface SourceCheck {
  name: 'types' | 'lint';
  passed: boolean;
  tookMs: number;
}

const root = resolve(import.meta.dirname, '..');
const tool = (name: string) => resolve(root, 'node_modules/.bin', name);

/** Checks the types and the style of the whole workspace, one after the other; what the tools say goes to the terminal. */
export async function checkSources(): Promise<SourceCheck[]> {
  return [
    await timed('types', () => passes(tool('tsc'), ['-p', 'tsconfig.json'])),
    await timed('lint', () => passes(tool('biome'), ['check', '--diagnostic-level=warn', '--error-on-warnings'])),
  ];
}

async function timed(name: SourceCheck['name'], check: () => Promise<boolean>): Promise<SourceCheck> {
  const startedAt = performance.now();
  const passed = await check();
  return { name, passed, tookMs: Math.round(performance.now() - startedAt) };
}

function passes(program: string, args: readonly string[]): Promise<boolean> {
  const child = spawn(program, args, { cwd: root, stdio: ['ignore', 'inherit', 'inherit'] });
  return new Promise((fulfil, reject) => {
    child.once('error', reject);
    child.once('close', (code) => fulfil(code === 0));
  });
}

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, test } from 'vitest';

const slow = `
import { Secret } from '@keyward/contract/secret';
import Type from 'typebox';
import { runMain } from '${import.meta.resolve('../src/main.ts')}';

await runMain({
  name: 'slow',
  config: Type.Object({ TOKEN: Secret(Type.String({ default: '' })) }),
  schemas: [],
  bodyLimitBytes: 1,
  connect: async ({ own }) => {
    own.defer(() => void process.stdout.write('closed '));
    process.stdout.write('connecting ');
    await new Promise((resolve) => process.stdin.once('data', resolve));
  },
  routes: () => undefined,
});`;

const failing = `
import { createServer } from 'node:net';
import { Secret } from '@keyward/contract/secret';
import Type from 'typebox';
import { runMain } from '${import.meta.resolve('../src/main.ts')}';

await runMain({
  name: 'failing',
  config: Type.Object({ TOKEN: Secret(Type.String({ default: '' })) }),
  schemas: [],
  bodyLimitBytes: 1,
  connect: async () => {
    createServer().listen(0, '127.0.0.1');
    throw new Error('this is why');
  },
  routes: () => undefined,
});`;

function run(program: string, stderr: 'inherit' | 'pipe') {
  return spawn(process.execPath, ['--input-type=module', '-e', program], {
    cwd: import.meta.dirname,
    env: { ...process.env, HOST: '127.0.0.1', PORT: '0', LOG_LEVEL: 'info' },
    stdio: ['pipe', 'pipe', stderr],
  });
}

test('a service that cannot start ends with 1 and says why, whatever it has left open', async () => {
  const child = run(failing, 'pipe');
  const ended = once(child, 'exit');
  let said = '';
  child.stderr?.on('data', (chunk) => {
    said += chunk;
  });
  expect(await ended).toEqual([1, null]);
  expect(said).toContain('failing could not start: this is why');
});

test('a service that is told to stop while it starts stops in order', async () => {
  const child = run(slow, 'inherit');
  const ended = once(child, 'exit');
  let said = '';
  for await (const chunk of child.stdout ?? []) {
    said += chunk;
    if (said === 'connecting ') child.kill('SIGTERM');
    if (said.includes('"stopping"') && !said.includes('closed')) child.stdin?.write('go on');
  }
  expect(await ended).toEqual([0, null]);
  expect(said).toContain('closed ');
});

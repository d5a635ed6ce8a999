import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, test } from 'vitest';

const program = `
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

test('a service that is told to stop while it starts stops in order', async () => {
  const child = spawn(process.execPath, ['--input-type=module', '-e', program], {
    cwd: import.meta.dirname,
    env: { ...process.env, HOST: '127.0.0.1', PORT: '0', LOG_LEVEL: 'info' },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const ended = once(child, 'exit');
  let said = '';
  for await (const chunk of child.stdout) {
    said += chunk;
    if (said === 'connecting ') child.kill('SIGTERM');
    if (said.includes('"stopping"') && !said.includes('closed')) child.stdin.write('go on');
  }
  expect(await ended).toEqual([0, null]);
  expect(said).toContain('closed ');
});

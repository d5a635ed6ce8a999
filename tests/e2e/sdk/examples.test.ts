import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describeRealStack } from '@keyward/tests/backends/describe-backends';
import { freePort } from '@keyward/tests/backends/free-port';
import { waitUntil } from '@keyward/tests/backends/wait-until';
import { newClient, runPlatform, type TestEnvironment, type TestPlatform } from '@keyward/tests/platform/run-platform';
import { call } from '@keyward/tests/platform/wire-client';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';

const run = promisify(execFile);
const root = fileURLToPath(new URL('../../..', import.meta.url));

describeRealStack('an example', (stack) => {
  let platform: TestPlatform;
  let environment: TestEnvironment;
  let example: ChildProcess | undefined;
  beforeAll(async () => {
    platform = await runPlatform(await stack.url());
    environment = await platform.newEnvironment();
  });
  afterEach(() => {
    example?.kill('SIGKILL');
  });
  afterAll(() => platform?.[Symbol.asyncDispose]());

  const variables = (more: Record<string, string>) => ({
    ...process.env,
    KEYWARD_PROJECT_ENV: environment.projectEnv,
    KEYWARD_BASE_URL: platform.url,
    ...more,
  });

  /** As somebody at a terminal starts it; its URL. */
  async function start(name: string): Promise<string> {
    const port = await freePort();
    const own = { KEYWARD_SECRET: environment.signingSecret, KEYWARD_SERVER_KEY: environment.serverKey };
    const running = spawn(process.execPath, [join(root, 'examples', `${name}.ts`)], {
      env: variables({ ...own, PORT: String(port) }),
    });
    example = running;
    let output = '';
    for (const stream of [running.stdout, running.stderr]) stream.on('data', (chunk) => (output += chunk));
    const isListening = () => output.includes('listening on') || running.exitCode !== null;
    await waitUntil(isListening, { what: `examples/${name}.ts to listen`, timeoutMs: 30_000 });
    expect(running.exitCode, output).toBeNull();
    return `http://127.0.0.1:${port}`;
  }

  it.each(['express', 'fastify', 'hono'])(
    'in %s lets in good keys, by their scopes, and asks the server',
    async (name) => {
      const url = await start(name);
      const { id, keyId, key } = await newClient(environment, { scopes: ['read'] });
      const ask = async (method: string, headers: Record<string, string> = { 'x-api-key': key }) => {
        const answer = await fetch(`${url}/hello/world`, { method, headers });
        return [answer.status, await answer.json()];
      };
      expect(await ask('GET')).toEqual([200, { hello: 'world', tenant: expect.any(String) }]);
      expect(await ask('GET', {})).toMatchObject([401, { error: 'MISSING_KEY' }]);
      expect(await ask('DELETE')).toMatchObject([403, { error: 'INSUFFICIENT_SCOPE' }]);
      await call(environment, 'PUT', `/client/${id}`, { body: { keys: [{ id: keyId, scopes: ['admin'] }] } });
      expect(await ask('DELETE')).toEqual([200, { deleted: true }]);
      await call(environment, 'DELETE', `/client/${id}?keyId=${keyId}`);
      expect(await ask('GET')).toMatchObject([403, { error: 'REVOKED' }]);
    },
  );

  it('of management makes a client and keys for it, and lists them, however often it is run', async () => {
    const env = variables({ KEYWARD_ACCOUNT_KEY: platform.owner.headers.authorization?.replace('Bearer ', '') ?? '' });
    const manage = async () => (await run(process.execPath, [join(root, 'examples/manage.ts')], { env })).stdout;
    const first = /^Acme is new\nto be handed over, once: (\S+)\nProduction active 0\n$/.exec(await manage());
    expect(await manage()).toMatch(/^Acme is there\n.*\nProduction active 0\nProduction active 0\n$/);
    const verify = await call(environment, 'POST', '/key/verify', { body: { key: first?.[1] } });
    expect(verify.body).toMatchObject({ valid: true, key: { name: 'Production', scopes: ['read'] } });
  });
});

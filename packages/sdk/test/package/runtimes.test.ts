import { execFile } from 'node:child_process';
import { createHash, generateKeyPairSync } from 'node:crypto';
import { resolve } from 'node:path';
import { promisify } from 'node:util';
import { canonicalKey } from '@keyward/keyformat/canonical-key';
import { issueSignedKey } from '@keyward/keyformat/signed-key';
import { describe, expect, inject, it } from 'vitest';
import { KeyEngine } from '../../src/keys/key-engine.ts';
import { startFakeServer } from './fake-server.ts';
import type { RuntimeName } from './runtimes.ts';
import { startWorker } from './workerd.ts';

const run = promisify(execFile);
const secret = 'a secret of the smoke tests';
const { alone } = inject('published');
const pair = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const { key: ofNode } = issueSignedKey({
  claims: { tid: 'from-node', scp: [], env: 'production' },
  secret,
  nowMs: Date.now(),
});

/** A fake server, and what the scripts in `project` have to be told of it. */
async function surroundings(version: '1' | '2', before?: (path: string) => Promise<void>) {
  const publicKey = pair.publicKey.export({ format: 'pem', type: 'spki' }).toString();
  const server = await startFakeServer({ version, publicKey, ...(before && { before }) });
  const environment = {
    SMOKE_SECRET: secret,
    SMOKE_KEY: ofNode,
    SMOKE_HASH: createHash('sha256')
      .update(canonicalKey(ofNode)?.canonical ?? '')
      .digest('hex'),
    SMOKE_BASE_URL: server.url,
    // Who pins wants answers that are sealed.
    SMOKE_PIN: version === '2' ? server.fingerprint : '',
    SMOKE_PEM: pair.privateKey.export({ format: 'pem', type: 'pkcs8' }).toString(),
  };
  return { server, environment };
}

interface Command {
  program: string;
  args: readonly string[];
}

/** Runs it on both versions of the envelope. A key that it made has to be good here. */
async function passes({ program, args }: Command): Promise<void> {
  for (const version of ['1', '2'] as const) {
    const { server, environment } = await surroundings(version);
    await using _ = server;
    const env = { PATH: process.env.PATH, HOME: process.env.HOME, DENO_DIR: resolve(alone, '.deno'), ...environment };
    const { stdout, stderr } = await run(program, args, { cwd: alone, env, timeout: 30_000 });
    expect(stderr).toBe('');
    expectGood(stdout, server.registered);
  }
}

function expectGood(told: string, registered: readonly { path: string; body: Record<string, unknown> }[]): void {
  const [, key = ''] = /^good (\S+)\s*$/.exec(told) ?? [];
  expect(key, told).not.toBe('');
  expect(new KeyEngine([secret]).verify(key).tenant).toBe('acme');
  expect(registered.map(({ path, body }) => `${path} ${body.name}`)).toEqual([
    '/endpoint GET /users/{id}',
    '/endpoint GET /secret',
    '/client registered',
  ]);
}

/** One that cannot be had is skipped, with the reason; `REQUIRE_RUNTIMES` makes that a failure. */
function onRuntime(name: RuntimeName, title: string, test: (program: string) => Promise<void>): void {
  const state = inject('runtimes')[name];
  it(title, { timeout: 60_000 }, async (context) => {
    if (state.state === 'missing') return context.skip(`${name} cannot be had: ${state.reason}`);
    await test(state.program);
  });
}

describe('the published package, installed from its tarball, creates, checks and asks the server', () => {
  describe.each(['smoke.mjs', 'smoke.cjs'])('by %s', (script) => {
    it('on the Node of this project', { timeout: 60_000 }, () => passes({ program: process.execPath, args: [script] }));
    onRuntime('node20', 'on Node 20', (program) => passes({ program, args: [script] }));
    onRuntime('bun', 'on Bun', (program) => passes({ program, args: [script] }));
    onRuntime('deno', 'on Deno', (program) => passes({ program, args: ['run', '--quiet', '--allow-all', script] }));
  });

  onRuntime('workerd', 'on workerd, without Node’s modules', async (program) => {
    for (const version of ['1', '2'] as const) {
      const { server, environment } = await surroundings(version);
      await using _ = server;
      using worker = await startWorker({ program, project: alone, environment });
      expectGood(await (await fetch(`${worker.url}/smoke`)).text(), server.registered);
    }
  });

  onRuntime(
    'workerd',
    'on workerd, where nothing outlives its request and none may wait for another',
    async (program) => {
      let hold: Promise<void> | undefined;
      let reached = () => {};
      const before = async () => {
        reached();
        await hold;
      };
      const { server, environment } = await surroundings('2', before);
      await using _ = server;
      using worker = await startWorker({ program, project: alone, environment });
      const ask = async (path: string) => (await fetch(`${worker.url}${path}`)).json();

      // A caller who leaves while the server's key is asked for takes that question with it.
      let release = () => {};
      hold = new Promise((resolve) => {
        release = resolve;
      });
      const leaving = new AbortController();
      const isReached = new Promise<void>((resolve) => {
        reached = resolve;
      });
      const left = fetch(`${worker.url}/left`, { signal: leaving.signal }).catch(() => 'left');
      await isReached;
      const meanwhile = Promise.all([ask('/one'), ask('/two')]);
      leaving.abort();
      expect(await left).toBe('left');
      hold = undefined;
      release();

      expect(await meanwhile).toMatchObject([{ allowed: true }, { allowed: true }]);
      await ask('/create');
      // Not in the background: when `create` has answered, the server knows.
      expect(server.registered.map(({ body }) => body.name)).toContain('created');
      expect(await ask('/flush')).toEqual({ flushed: true });
      expect(await ask('/three')).toMatchObject({ allowed: true, degraded: false });
      expect(server.registered.map(({ body }) => body.name)).toContain('GET /three');
    },
  );

  it('by the edge build where a runtime asks for it', async () => {
    const found = async (condition: string) => {
      const code = `for (const name of ['keyward', 'keyward/hono', 'keyward/fetch', 'keyward/management', 'keyward/express']) console.log(import.meta.resolve(name))`;
      const args = [`--conditions=${condition}`, '--input-type=module', '--eval', code];
      const { stdout } = await run(process.execPath, args, { cwd: alone });
      return stdout
        .trim()
        .split('\n')
        .map((url) => url.split('/dist/')[1]);
    };
    const edge = ['edge/index.js', 'edge/hono.js', 'edge/fetch.js', 'edge/management.js', 'express.js'];
    expect(await found('workerd')).toEqual(edge);
    expect(await found('edge-light')).toEqual(edge);
    expect(await found('node')).toEqual(['index.js', 'hono.js', 'fetch.js', 'management.js', 'express.js']);
  });
});

import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { type AddressInfo, connect } from 'node:net';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { pipeline } from 'node:stream';
import { createServer as createTlsServer } from 'node:tls';
import { promisify } from 'node:util';
import { afterEach, beforeAll, describe, expect, inject, it } from 'vitest';
import { Keyward } from '../../src/keyward.ts';
import { serverCertificate } from '../http/server-certificate.ts';
import { startFakeServer } from './fake-server.ts';

const run = promisify(execFile);
const packageFolder = resolve(import.meta.dirname, '../..');
const root = resolve(packageFolder, '../..');
const readme = await readFile(join(packageFolder, 'README.md'), 'utf8');
const { withPeers } = inject('published');
const folder = join(withPeers, 'readme');
const built = join(folder, 'built');

/** What the README shows, by the heading that it stands under. */
const examples = new Map(
  [...readme.matchAll(/^```ts\n([\s\S]*?)^```/gm)].map(({ 1: code = '', index }) => {
    const heading =
      readme
        .slice(0, index)
        .match(/^#+ .*$/gm)
        ?.at(-1) ?? '';
    return [heading.replace(/[^a-z]+/gi, '-').replace(/^-|-$/g, ''), code];
  }),
);
const secret = 'a secret of the README';
const environment = { PATH: process.env.PATH, KEYWARD_SECRET: secret };
const children: ChildProcess[] = [];

beforeAll(async () => {
  await mkdir(folder);
  for (const [name, code] of examples) await writeFile(join(folder, `${name}.ts`), code);
  const compilerOptions = {
    strict: true,
    target: 'es2023',
    module: 'nodenext',
    experimentalDecorators: true,
    types: ['node'],
    typeRoots: [join(root, 'node_modules/@types')],
    skipLibCheck: true,
    rootDir: '.',
    outDir: built,
  };
  await writeFile(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, include: ['*.ts'] }));
  const tsc = run(join(root, 'node_modules/.bin/tsc'), ['-p', folder]);
  await tsc.catch(({ stdout }) => {
    throw new Error(`the README does not compile: ${stdout}`);
  });
});
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
});

interface Told {
  status: number;
  body: unknown;
}

/** Starts an example that listens; asks it. */
async function startServer(name: string): Promise<(path: string, key?: string) => Promise<Told>> {
  const preload = join(withPeers, 'listen-anywhere.mjs');
  const child = spawn(process.execPath, ['--import', preload, join(built, `${name}.js`)], {
    env: environment,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  children.push(child);
  let port = '';
  for await (const line of createInterface({ input: child.stdout })) {
    port = /^listening on (\d+)$/.exec(line)?.[1] ?? '';
    if (port) break;
  }
  return async (path, key) => {
    const answer = await fetch(`http://127.0.0.1:${port}${path}`, { headers: key ? { 'x-api-key': key } : {} });
    return { status: answer.status, body: await answer.json() };
  };
}

/** Takes TLS off what goes to a server of HTTP. */
async function openTlsDoor(serverUrl: string): Promise<AsyncDisposable & { url: string }> {
  const { hostname, port } = new URL(serverUrl);
  const server = createTlsServer(serverCertificate, (from) => {
    const to = connect(Number(port), hostname);
    // Whoever does not trust the certificate hangs up.
    pipeline(from, to, from, () => undefined);
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return {
    url: `https://localhost:${(server.address() as AddressInfo).port}`, // it listens on TCP
    [Symbol.asyncDispose]: () => new Promise((resolve) => server.close(() => resolve())),
  };
}

function handlerOf(name: string): (path: string, key?: string) => Promise<Told> {
  return async (path, key = '') => {
    const args = [join(withPeers, 'ask-handler.mjs'), join(built, `${name}.js`), path, key];
    const { stdout } = await run(process.execPath, args, { env: environment });
    return JSON.parse(stdout);
  };
}

describe('what the README shows', () => {
  it('is all tried here', () => {
    expect([...examples.keys()]).toEqual([
      'Express',
      'Fastify',
      'Hono',
      'NestJS',
      'fetch-handlers',
      'Create-and-check-keys',
      'Local-mode-and-server-mode',
      // These two are run against a Keyward: tests/e2e/sdk/management.test.ts.
      'Manage-organizations-projects-and-keys',
      'Verify-a-key',
      'Runtimes',
    ]);
  });

  it.each(['Express', 'Fastify', 'Hono', 'NestJS', 'fetch-handlers'])('protects an API: %s', async (name) => {
    const ask = ['Hono', 'fetch-handlers'].includes(name) ? handlerOf(name) : await startServer(name);
    const keyward = new Keyward({ secret });
    const reader = await keyward.create('acme', { scopes: ['read'] });
    const admin = await keyward.create('root', { scopes: ['admin'] });
    expect(await ask('/data')).toMatchObject({ status: 401, body: { error: 'MISSING_KEY', status: 401 } });
    expect(await ask('/data', reader)).toEqual({ status: 200, body: { tenant: 'acme' } });
    expect(await ask('/admin', reader)).toMatchObject({ status: 403, body: { error: 'INSUFFICIENT_SCOPE' } });
    expect(await ask('/admin', admin)).toEqual({ status: 200, body: { ok: true } });
  });

  it('creates and checks keys', async () => {
    const { stdout } = await run(process.execPath, [join(built, 'Create-and-check-keys.js')], { env: environment });
    expect(stdout).toBe(`acme [ 'read', 'write' ] { plan: 'pro' }\nINVALID_SIGNATURE\n`);
  });

  describe('with three more variables', () => {
    const pair = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const publicKey = pair.publicKey.export({ format: 'pem', type: 'spki' }).toString();
    const privateKey = pair.privateKey.export({ format: 'pem', type: 'pkcs8' }).toString();
    const printedAt = async (url: string, more: Record<string, string> = {}) => {
      const env = {
        ...environment,
        KEYWARD_SERVER_KEY: 'sk_live_smoke',
        KEYWARD_PROJECT_ENV: 'smoke',
        KEYWARD_BASE_URL: url,
        KEYWARD_PRIVATE_KEY: privateKey,
        ...more,
      };
      const key = await new Keyward({ secret }).create('acme');
      const { stdout } = await run(process.execPath, [join(built, 'Local-mode-and-server-mode.js'), key], { env });
      return stdout;
    };

    it('asks a server', async () => {
      await using server = await startFakeServer({ version: '2', publicKey });
      expect(await printedAt(server.url)).toBe('acme c\n');
    });

    it('trusts an authority of one’s own that Node is told of, and no other', async () => {
      await using server = await startFakeServer({ version: '2', publicKey });
      await using door = await openTlsDoor(server.url);
      const ca = join(folder, 'ca.pem');
      await writeFile(ca, serverCertificate.cert);
      expect(await printedAt(door.url, { NODE_EXTRA_CA_CERTS: ca })).toBe('acme c\n');
      const trusting = { serverKey: 'sk_live_smoke', projectEnv: 'smoke', ca: serverCertificate.cert, privateKey };
      const keyward = new Keyward({ secret, ...trusting, baseUrl: door.url, autoCreateClients: false });
      expect(await keyward.validate({ key: await keyward.create('acme'), method: 'GET', path: '/' })).toMatchObject({
        clientId: 'c',
      });
      keyward.close();
      // Nobody was asked: a key that is good by itself.
      expect(await printedAt(door.url)).toBe('acme undefined\n');
    });
  });

  it('takes its secret with a request', async () => {
    const key = await new Keyward({ secret }).create('acme');
    expect(await handlerOf('Runtimes')('/data', key)).toEqual({ status: 200, body: { tenant: 'acme' } });
  });

  it('names each option, and its variable', async () => {
    const source = await readFile(join(packageFolder, 'src/options.ts'), 'utf8');
    const [, body = ''] = /export interface KeywardOptions \{([\s\S]*?)^\}/m.exec(source) ?? [];
    const options = [...body.matchAll(/^ {2}(\w+)\?:/gm)].map(([, name]) => name);
    const rows = [...readme.matchAll(/^\| (`\w+`(?:, `\w+`)*) +\| (?:`(\w+)`)? +\|/gm)];
    expect(rows.flatMap(([, names = '']) => names.match(/\w+/g))).toEqual(options);
    const variables = rows.flatMap(([, , variable]) => (variable ? [variable] : []));
    expect(variables.toSorted()).toEqual([...new Set(body.match(/KEYWARD_\w+/g))].toSorted());
  });
});

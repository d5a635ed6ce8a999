import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { newDataFolder } from '@keyward/tests/backends/data-folder';
import { describeRealStack, type StackUrls } from '@keyward/tests/backends/describe-backends';
import { runToEnd } from '@keyward/tests/backends/run-to-end';
import { startServerProcess } from '@keyward/tests/backends/server-process';
import { waitUntil } from '@keyward/tests/backends/wait-until';
import { startServiceProcess } from '@keyward/tests/platform/service-process';
import { call } from '@keyward/tests/platform/wire-client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type BundledService, bundleService } from '../../infra/bundle-service.ts';

const owner = 'owner@example.test';

/** Outside of the repository, so that nothing is found but what the image holds. */
async function newFolder(own: AsyncDisposableStack): Promise<string> {
  const folder = await newDataFolder('bundle');
  own.defer(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

describeRealStack('the bundles of the services, with nothing beside them', (stack) => {
  const own = new AsyncDisposableStack();
  let folder: string;
  let urls: StackUrls;
  const secret = (name: string) => join(folder, 'secrets', name);
  beforeAll(async () => {
    folder = await newFolder(own);
    for (const service of ['gateway', 'validator', 'ingest', 'admin-api'] as const)
      await bundleService(service, join(folder, service));
    urls = await stack.url();
  });
  afterAll(() => own.disposeAsync());

  async function keyward(words: string[], environment: Record<string, string> = {}) {
    const program = join(folder, 'admin-api', 'keyward.mjs');
    const options = { cwd: folder, env: { PATH: process.env.PATH, ...environment }, timeoutMs: 60_000 };
    const { code, output, errors } = await runToEnd(process.execPath, [program, ...words, '--json'], options);
    expect(code, errors).toBe(0);
    return JSON.parse(output);
  }

  async function start(service: Exclude<BundledService, 'local'>, environment: Record<string, string>) {
    const program = { folder: join(folder, service), main: 'main.mjs' };
    const { url } = own.use(await startServiceProcess(service, environment, program));
    return url;
  }

  it('take an installation from nothing to a key that is validated and counted', async () => {
    const { made } = await keyward(['secrets', 'create', '--directory', join(folder, 'secrets')]);
    expect(made).toContain('gateway/keyring.json');
    const database = { DATABASE_URL: urls.postgres };
    expect((await keyward(['migrate'], database)).applied).not.toEqual([]);
    const ofOwner = { SETUP_EMAIL: owner, SETUP_PASSWORD_FILE: secret('admin-api/owner-password') };
    expect(await keyward(['setup'], { ...database, ...ofOwner })).toMatchObject({ made: true });

    const log = { EVENT_LOG_URL: urls.kafka };
    const shared = (service: string) => ({
      REDIS_URL: urls.redis,
      PEPPER_FILE: secret(`${service}/pepper`),
      PROJECTION_KEY_FILE: secret(`${service}/projection-key`),
      SERVICE_TOKEN_FILE: secret(`${service}/service-token`),
    });
    const [adminApi, validator] = await Promise.all([
      start('admin-api', { ...database, ...shared('admin-api'), MASTER_KEY_FILE: secret('admin-api/master-key') }),
      start('validator', { ...shared('validator'), ...log, STORE_TIMEOUT_MS: '2000' }),
      start('ingest', { ...database, ...log }),
    ]);
    const gateway = await start('gateway', {
      VALIDATOR_URL: validator,
      ADMIN_API_URL: adminApi,
      SERVICE_TOKEN_FILE: secret('gateway/service-token'),
      KEYRING_FILE: secret('gateway/keyring.json'),
    });

    const { key: accountKey } = await keyward(['account-key', 'create', '--email', owner], {
      ...database,
      PEPPER_FILE: secret('admin-api/pepper'),
    });
    const asOwner = { KEYWARD_URL: gateway, KEYWARD_ACCOUNT_KEY: accountKey };
    const { project } = await keyward(['project', 'create', '--slug', 'shop'], asOwner);
    const inShop = ['--name', 'ci', '--project-env', 'shop-production'];
    const { key } = await keyward(['key', 'create', ...inShop], asOwner);
    const app = { url: gateway, headers: { 'x-api-key': project.envs.list[0].serverKey } };
    const verified = await call(app, 'POST', '/key/verify', { body: { key: key.key } });
    expect(verified.body).toMatchObject({ valid: true, code: 'ALLOWED' });
    const usage = () => call(app, 'GET', '/usage?groupBy=verdict&interval=hour');
    await waitUntil(async () => (await usage()).body.data?.[0]?.count === 1, {
      what: 'the event to be counted',
      timeoutMs: 30_000,
    });
    expect((await fetch(`${adminApi}/docs`)).status).toBe(200);
  });
});

describe('the bundle of everything in one process', () => {
  const own = new AsyncDisposableStack();
  afterAll(() => own.disposeAsync());

  it('starts from its folder alone, is ready, and ends when it is told to', async () => {
    const folder = await newFolder(own);
    await bundleService('local', join(folder, 'app'));
    const server = startServerProcess({
      program: process.execPath,
      args: ['main.mjs', '--port', '0', '--host', '0.0.0.0', '--data', join(folder, 'data')],
      cwd: join(folder, 'app'),
      env: { PATH: process.env.PATH },
    });
    own.defer(() => server.stop());
    const gatewayUrl = () => /gateway +(http:\/\/127\.0\.0\.1:\d+)/.exec(server.output())?.[1];
    await waitUntil(async () => gatewayUrl() !== undefined || !server.isRunning(), {
      what: 'it to start',
      timeoutMs: 60_000,
    });
    expect(gatewayUrl(), server.output()).toBeDefined();
    expect((await fetch(`${gatewayUrl()}/readyz`)).status).toBe(200);
    server.signal('SIGTERM');
    expect(await server.exit).toEqual({ code: 0, signal: null });
  });
});

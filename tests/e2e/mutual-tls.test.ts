import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFile, readFile } from 'node:fs/promises';
import { type ConnectionOptions, connect, type TLSSocket } from 'node:tls';
import { decisions } from '@keyward/contract/decisions';
import { internalHeaders } from '@keyward/contract/internal-headers';
import { freshMemoryUrl, freshPgliteUrl } from '@keyward/tests/backends/isolate';
import { type CertificateFiles, createAuthority, type TestAuthority } from '@keyward/tests/backends/test-authority';
import { waitUntil } from '@keyward/tests/backends/wait-until';
import {
  type Installation,
  prepareInstallation,
  type TestEnvironment,
} from '@keyward/tests/platform/prepare-installation';
import { newClient, type TestClient } from '@keyward/tests/platform/run-platform';
import { type RunningServices, runServices } from '@keyward/tests/platform/run-services';
import { call, validatePlain } from '@keyward/tests/platform/wire-client';
import { Agent, request } from 'undici';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

describe('mutual TLS between the gateway and what is behind it', () => {
  const own = new AsyncDisposableStack();
  let authority: TestAuthority;
  let server: CertificateFiles;
  let installation: Installation;
  let services: RunningServices;
  let environment: TestEnvironment;
  let client: TestClient;

  beforeAll(async () => {
    authority = own.use(await createAuthority());
    server = await authority.issue('validator');
    const tls = { ...server, clientCa: authority.ca };
    const [databaseUrl, redisUrl, eventLogUrl] = [freshPgliteUrl(), freshMemoryUrl(), freshMemoryUrl()];
    installation = own.use(await prepareInstallation(databaseUrl));
    const environments = {
      'admin-api': { DATABASE_URL: databaseUrl, REDIS_URL: redisUrl },
      ingest: { DATABASE_URL: databaseUrl, EVENT_LOG_URL: eventLogUrl },
      validator: { REDIS_URL: redisUrl, EVENT_LOG_URL: eventLogUrl },
      gateway: upstream(authority.ca, await authority.issue('gateway')),
    };
    services = own.use(await runServices(installation, environments, { validator: tls, 'admin-api': tls }));
    environment = await services.newEnvironment();
    client = await newClient(environment);
  });
  afterAll(() => own.disposeAsync());

  const upstream = (ca: string, { cert, key }: CertificateFiles) => ({
    UPSTREAM_CA_FILE: ca,
    UPSTREAM_CERT_FILE: cert,
    UPSTREAM_KEY_FILE: key,
  });
  const isAllowed = async () => (await validatePlain(environment, client)).body.success === true;

  const sessions = new WeakMap<TLSSocket, Buffer>();

  async function connection(shown?: CertificateFiles, options: ConnectionOptions = {}): Promise<TLSSocket> {
    const texts = shown && { cert: await readFile(shown.cert), key: await readFile(shown.key) };
    const port = Number(new URL(services.validator.url).port);
    const socket = connect({ host: '127.0.0.1', port, ca: await readFile(authority.ca), ...texts, ...options });
    socket.on('session', (session: Buffer) => sessions.set(socket, session));
    await once(socket, 'secureConnect');
    return socket;
  }

  /** The status of a call with the right token, and a body that is refused after it, on that connection. */
  async function decide(socket: TLSSocket): Promise<number> {
    const answer = once(socket, 'data');
    const headers = {
      host: 'validator',
      'content-type': 'application/json',
      'content-length': '2',
      connection: 'close',
      [internalHeaders.serviceToken]: installation.secrets.serviceToken,
    };
    const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
    socket.write(`POST ${decisions.url} HTTP/1.1\r\n${lines.join('')}\r\n{}`);
    const [head] = await answer;
    socket.destroy();
    return Number(String(head).split(' ')[1]);
  }

  it('carries validations and management', async () => {
    expect(services.validator.url).toMatch(/^https:/);
    expect(services.adminApi.url).toMatch(/^https:/);
    await waitUntil(isAllowed, { what: 'the projection', timeoutMs: 15_000 });
  });

  it('asks probes for no certificate', async () => {
    const connect = { ca: await readFile(authority.ca, 'utf8') };
    using dispatcher = disposable(new Agent({ connect }));
    for (const { url } of [services.validator, services.adminApi]) {
      const { statusCode, body } = await request(`${url}/readyz`, { dispatcher });
      await body.dump();
      expect(statusCode).toBe(200);
    }
  });

  it('is found healthy by the check of its image, which knows by the same variable', async () => {
    const { port } = new URL(services.validator.url);
    const codeOf = async (variables: Record<string, string>) => {
      const check = spawn(process.execPath, ['infra/check-health.mjs'], { env: { PORT: port, ...variables } });
      const [code] = await once(check, 'exit');
      return code;
    };
    expect(await codeOf({ TLS_CERT_FILE: server.cert })).toBe(0);
    expect(await codeOf({})).toBe(1);
  });

  it('takes the service token on a connection that shows a certificate of ours, and on no other', async () => {
    const stranger = own.use(await createAuthority());
    expect(await decide(await connection(await authority.issue('gateway')))).toBe(400);
    expect(await decide(await connection())).toBe(401);
    expect(await decide(await connection(await stranger.issue('gateway')))).toBe(401);
    expect(await decide(await connection(await authority.issue('gateway', 'expired')))).toBe(401);
    expect(services.logged()).toContain('a service token came without a certificate of this installation');
  });

  it('takes no resumed session for a certificate', async () => {
    const first = await connection();
    const session = await waitUntil(() => sessions.get(first), { what: 'a session to resume', timeoutMs: 5_000 });
    const resumed = await connection(undefined, { session });
    first.destroy();
    expect(resumed.isSessionReused()).toBe(true);
    expect(await decide(resumed)).toBe(401);
  });

  it.each<[string, () => Promise<Record<string, string>>, RegExp]>([
    [
      'the gateway trusts nobody who vouches for the validator',
      async () => upstream(own.use(await createAuthority()).ca, await authority.issue('gateway')),
      /self-signed certificate in certificate chain|unable to verify/,
    ],
    [
      "the gateway's certificate has expired",
      async () => upstream(authority.ca, await authority.issue('gateway', 'expired')),
      /the validator answered 401/,
    ],
  ])('answers 503 when %s, and the log says why', async (_what, variables, told) => {
    await using gateway = await services.anotherGateway({ ...(await variables()), DECISION_TIMEOUT_MS: '500' });
    const { status, body } = await validatePlain({ ...environment, url: gateway.url }, client);
    expect([status, body.error]).toEqual([503, 'UNAVAILABLE']);
    const managed = await call({ ...environment, url: gateway.url }, 'GET', '/client');
    expect([managed.status, managed.body.error]).toEqual([503, 'UNAVAILABLE']);
    expect(services.logged()).toMatch(told);
  });

  it('shows another certificate once its files were replaced, without a restart', async () => {
    const serial = async () => {
      const socket = await connection();
      const { serialNumber } = socket.getPeerCertificate();
      socket.destroy();
      return serialNumber;
    };
    const before = await serial();
    const next = await authority.issue('validator');
    await copyFile(next.key, server.key); // half of it: what was there before goes on
    await waitUntil(() => services.logged().includes('the new TLS files cannot be used'), {
      what: 'the log to say so',
      timeoutMs: 5_000,
    });
    expect(await serial()).toBe(before);
    await copyFile(next.cert, server.cert);
    await waitUntil(async () => (await serial()) !== before, { what: 'the new certificate', timeoutMs: 5_000 });
    expect(await isAllowed()).toBe(true);
  });
});

function disposable<T extends Agent>(agent: T): T & Disposable {
  return Object.assign(agent, { [Symbol.dispose]: () => void agent.destroy() });
}

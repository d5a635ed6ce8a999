import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createKeyringEntry, keyringOf, printKeyring } from '@keyward/envelope/keyring';
import { issueOpaqueKey } from '@keyward/keyformat/opaque-key';
import { systemClock } from '@keyward/kit/clock';
import { loadConfig } from '@keyward/kit/config';
import { startService } from '@keyward/kit/service';
import { gateway } from '../src/service.ts';

export const clientId = '0190a3c4-7b1e-7c3a-9f10-0123456789ab';
export const serviceToken = 'service-token-of-the-tests';
export const serverKey = issueOpaqueKey('sk_live');
export const validateUrl = `/api/v1/client/${clientId}?project_env=shop-production&method_path=GET%3A%2Fusers`;

export const facts = {
  name: 'default',
  timestamp: '2026-11-20T12:00:00.123456Z',
  headers: { 'X-Api-Key': 'apikee_abc.def' },
  payload: { secret: 'stays here' },
};

interface FixtureOptions {
  validatorUrls: string[];
  adminUrl?: string;
  environment?: Record<string, string>;
}

/** A gateway on a free port, with a keyring file of its own. */
export async function startGateway({ validatorUrls, adminUrl = 'http://127.0.0.1:1', environment }: FixtureOptions) {
  await using opening = new AsyncDisposableStack();
  const folder = await mkdtemp(join(tmpdir(), 'gateway-'));
  opening.defer(() => rm(folder, { recursive: true }));
  const keyringFile = join(folder, 'keyring.json');
  const key = createKeyringEntry({ nowMs: systemClock.nowMs() - 1000 });
  await writeFile(keyringFile, printKeyring(keyringOf([key])));
  const config = loadConfig(gateway.config, {
    VALIDATOR_URL: validatorUrls.join(','),
    ADMIN_API_URL: adminUrl,
    SERVICE_TOKEN: serviceToken,
    KEYRING_FILE: keyringFile,
    ...environment,
  });
  const service = opening.use(await startService(gateway, { config, host: '127.0.0.1', port: 0, logLevel: 'silent' }));
  const owned = opening.move();
  return {
    url: service.url,
    metricsUrl: service.metricsUrl,
    key,
    keyringFile,
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

export type GatewayFixture = Awaited<ReturnType<typeof startGateway>>;

interface PostOptions {
  path?: string;
  headers?: Record<string, string>;
  body: unknown;
}

/** POSTs JSON (a text goes as it is) with the server key, as an SDK does. */
export async function post({ url }: { url: string }, { path = validateUrl, headers, body }: PostOptions) {
  const response = await fetch(url + path, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', 'X-Api-Key': serverKey, Connection: 'close', ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
    redirect: 'manual',
  });
  const text = await response.text();
  return { status: response.status, headers: response.headers, text, json: JSON.parse(text) };
}

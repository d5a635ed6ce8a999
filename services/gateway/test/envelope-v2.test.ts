import { openReplyV2 } from '@keyward/envelope/v2/open-reply';
import { sealRequestV2 } from '@keyward/envelope/v2/seal';
import { openSessionV2 } from '@keyward/envelope/v2/session';
import { printEnvelopeV2 } from '@keyward/envelope/v2/wire';
import { systemClock } from '@keyward/kit/clock';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { clientId, type GatewayFixture, post, startGateway } from './gateway-fixture.ts';
import { startTwin } from './twin.ts';
import { startValidatorTwin, type ValidatorTwin } from './validator-twin.ts';

const own = new AsyncDisposableStack();
const forwarded: { url: string | undefined; body: string; replayId: unknown }[] = [];
let validator: ValidatorTwin;
let gateway: GatewayFixture;
beforeAll(async () => {
  validator = own.use(await startValidatorTwin());
  const admin = own.use(
    await startTwin(({ raw, body }, response) => {
      forwarded.push({ url: raw.url, body, replayId: raw.headers['x-keyward-replay-id'] });
      const json = { 'content-type': 'application/json', 'content-length': 12 };
      response.writeHead(201, { ...json, etag: '"1"' }).end('{ "made":1 }');
    }),
  );
  gateway = own.use(await startGateway({ validatorUrls: [validator.url], adminUrl: admin.url }));
});
afterAll(() => own.disposeAsync());
beforeEach(() => {
  forwarded.length = 0;
  validator.calls.length = 0;
  validator.onCall = (call) => call.allowAll();
});

const facts = { name: 'default', headers: { 'x-api-key': 'apikee_abc.def' } };
const validatePath = `/client/${clientId}?project_env=shop-production&method_path=GET%3A%2Fusers`;
const nowText = (offsetMs = 0) => new Date(systemClock.nowMs() + offsetMs).toISOString();

interface Sealing {
  value?: unknown;
  /** What it is sealed for, and where it goes unless that is said. */
  path?: string;
  sentTo?: string;
  ts?: string;
}

/** Seals a POST, sends it, and opens what comes back, if that is an envelope. */
async function exchange({ value = facts, path = validatePath, sentTo = path, ts = nowText() }: Sealing = {}) {
  const session = openSessionV2({ recipient: gateway.key });
  const line = { method: 'POST', path };
  const sealed = sealRequestV2({ session, ts, plaintext: JSON.stringify(value), ...line });
  const body = JSON.parse(printEnvelopeV2(sealed));
  const headers = { 'X-Apikee-Encrypted': '1' };
  const answer = await post(gateway, { path: `/api/v1${sentTo}`, headers, body });
  const opened = openReplyV2({ body: answer.json, session, requestIv: sealed.iv, ...line });
  return { ...answer, opened: opened && { ts: opened.ts, json: JSON.parse(opened.plaintext.toString()) } };
}

describe('an envelope of version 2', () => {
  it('brings a validation, and its verdict goes back in one', async () => {
    const before = nowText();
    const { status, headers, json, opened } = await exchange();
    expect([status, headers.get('x-apikee-encrypted')]).toEqual([200, '1']);
    expect(Object.keys(json)).toEqual(['v', 'kid', 'ts', 'epk', 'iv', 'ct']);
    expect(opened?.json).toMatchObject({ success: true, clientId, method_path: 'GET:/users' });
    expect(opened?.ts.localeCompare(before)).not.toBe(-1);
  });

  it('says when it was sealed, whatever its body says', async () => {
    const ts = '2026-11-20T12:00:00.123+01:00';
    await exchange({ ts, value: { ...facts, timestamp: nowText() } });
    const item = validator.calls[0]?.items[0];
    expect(item?.timestampMs).toBe(Date.UTC(2026, 10, 20, 11, 0, 0, 123));
    expect(item?.replayId).toMatch(/^[\w-]{43}$/);
  });

  it('brings a verification', async () => {
    const key = {
      id: clientId,
      name: 'k',
      clientId,
      scopes: [],
      metadata: {},
      expiresAt: null,
      lastUsedAt: null,
      useCount: 1,
    };
    validator.onCall = (call) =>
      call
        .line(0, { kind: 'decided', verdict: 'ALLOWED', clientId, projectEnv: 'shop-production', key })
        .response.end();
    const { opened } = await exchange({ path: '/key/verify', value: { key: 'apikee_abc.def' } });
    expect(opened?.json).toMatchObject({ valid: true, key: { useCount: 1 } });
  });

  it('brings a management call, and its answer goes back in one, status and entity tag beside it', async () => {
    const first = await exchange({ path: '/client?project_env=a%2Bb', value: { name: 'acme' } });
    expect([first.status, first.headers.get('etag'), first.opened?.json]).toEqual([201, '"1"', { made: 1 }]);
    expect(forwarded[0]).toEqual({
      url: '/api/v1/client?project_env=a%2Bb',
      body: '{"name":"acme"}',
      replayId: expect.stringMatching(/^[\w-]{43}$/),
    });
  });

  it('is what errors go back in, once it is open', async () => {
    const invalid = await exchange({ value: { headers: 7 } });
    expect(invalid.status).toBe(400);
    expect(invalid.headers.get('content-type')).toBe('application/json; charset=utf-8');
    expect(invalid.json).not.toHaveProperty('error');
    expect(invalid.opened?.json).toMatchObject({ error: 'INVALID_INPUT', errors: [{ path: '/headers' }] });
    validator.onCall = (call) => call.line(0, { kind: 'unauthenticated' }).response.end();
    const refused = await exchange();
    expect([refused.status, refused.opened?.json.error]).toEqual([401, 'UNAUTHENTICATED']);
  });

  it.each([
    ['of a management call from longer ago than 300 s', -301_000],
    ['of a management call from the future', 301_000],
  ])('%s is stale', async (_, offsetMs) => {
    const { status, opened } = await exchange({ path: '/client', ts: nowText(offsetMs) });
    expect([status, opened?.json.error]).toEqual([400, 'STALE_REQUEST']);
    expect(forwarded).toEqual([]);
  });

  it.each([
    ['another client', `/client/self?project_env=shop-production&method_path=GET%3A%2Fusers`],
    ['another endpoint', `/client/${clientId}?project_env=shop-production&method_path=GET%3A%2Fadmin`],
    ['another spelling of the query', `/client/${clientId}?project_env=shop-production&method_path=GET:/users`],
    ['no query', '/client'],
    ['another route', '/key/verify'],
  ])('does not open for %s, and the refusal is plain', async (_, sentTo) => {
    const { status, headers, json } = await exchange({ sentTo });
    expect([status, json.error, headers.get('x-apikee-encrypted')]).toEqual([400, 'INVALID_ENVELOPE', null]);
    expect([validator.calls.length, forwarded.length]).toEqual([0, 0]);
  });

  it('is one of the versions that the gateway tells of', async () => {
    const response = await fetch(`${gateway.url}/api/v1/.well-known/encryption-keys`);
    expect(await response.json()).toMatchObject({ versions: ['1', '2'] });
  });
});

import { createEphemeralKey } from '@keyward/envelope/ephemeral-key';
import { sealV1 } from '@keyward/envelope/v1/seal';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { facts, type GatewayFixture, post, serverKey, startGateway } from './gateway-fixture.ts';
import { startValidatorTwin, type ValidatorTwin } from './validator-twin.ts';

let validator: ValidatorTwin;
let gateway: GatewayFixture;

beforeAll(async () => {
  validator = await startValidatorTwin();
  gateway = await startGateway({ validatorUrls: [validator.url], environment: { METRICS_PORT: '0' } });
});
afterAll(async () => {
  await gateway?.[Symbol.asyncDispose]();
  await validator?.[Symbol.asyncDispose]();
});

const shown = async (line: string) => {
  const text = await (await fetch(`${gateway.metricsUrl}/metrics`)).text();
  return text
    .split('\n')
    .find((each) => each.startsWith(`${line} `))
    ?.slice(line.length + 1);
};

test('metrics have a port of their own, and the public one does not show them', async () => {
  expect((await fetch(`${gateway.url}/metrics`)).status).toBe(404);
  expect((await fetch(`${gateway.metricsUrl}/metrics`)).status).toBe(200);
});

test('verdicts are counted by their code, envelopes by version and kid, calls by route', async () => {
  await post(gateway, { body: facts });
  validator.onCall = (call) => {
    const decided = { kind: 'decided', verdict: 'REVOKED', clientId: 'c', projectEnv: 'shop-production' } as const;
    call.line(0, decided).response.end();
  };
  const plaintext = JSON.stringify(facts);
  const envelope = sealV1({ recipientPublicKey: gateway.key.publicKey, plaintext, ephemeral: createEphemeralKey() });
  await post(gateway, { headers: { 'X-Apikee-Encrypted': '1' }, body: envelope });
  expect(await shown('keyward_gateway_verdicts_total{asked="validate",verdict="ALLOWED"}')).toBe('1');
  expect(await shown('keyward_gateway_verdicts_total{asked="validate",verdict="REVOKED"}')).toBe('1');
  expect(await shown(`keyward_gateway_envelopes_total{version="1",kid="${gateway.key.kid}"}`)).toBe('1');
  const calls = 'keyward_http_request_seconds_count{method="POST",route="/api/v1/client/:id",status="2xx"}';
  expect(await shown(calls)).toBe('2');
});

test('probes are not counted among calls: one that is told to stop is no error of anybody', async () => {
  for (const path of ['/livez', '/healthz', '/readyz', '/elsewhere']) await fetch(`${gateway.url}${path}`);
  const text = await (await fetch(`${gateway.metricsUrl}/metrics`)).text();
  expect(text).toContain('keyward_http_request_seconds_count{method="GET",route="none",status="4xx"}');
  expect(text).not.toMatch(/keyward_http_request_seconds_count\{.*route="\/(?:livez|healthz|readyz)"/);
});

test('what fails behind the gateway is counted by who failed', async () => {
  validator.onCall = (call) => (call.items.length > 0 && failed++ === 0 ? call.refuse(500) : call.allowAll());
  let failed = 0;
  await post(gateway, { body: facts });
  expect(await shown('keyward_gateway_upstream_failures_total{upstream="validator"}')).toBe('1');
  await fetch(`${gateway.url}/api/v1/client`, { headers: { 'x-api-key': serverKey } });
  expect(await shown('keyward_gateway_upstream_failures_total{upstream="admin-api"}')).toBe('1');
});

import { loadConfig } from '@keyward/kit/config';
import { TracingConfig } from '@keyward/kit/tracing-config';
import { describeRealStack } from '@keyward/tests/backends/describe-backends';
import { newClient, runPlatform, type TestClient, type TestPlatform } from '@keyward/tests/platform/run-platform';
import { type CollectedSpan, startTraceCollector, type TraceCollector } from '@keyward/tests/platform/trace-collector';
import { call, validatePlain } from '@keyward/tests/platform/wire-client';
import { afterAll, beforeAll, expect, it } from 'vitest';

const patience = { timeout: 30_000 };

describeRealStack('traces', (stack) => {
  const own = new AsyncDisposableStack();
  let collector: TraceCollector;
  let platform: TestPlatform;
  let environment: Awaited<ReturnType<TestPlatform['newEnvironment']>>;
  let client: TestClient;

  beforeAll(async () => {
    collector = own.use(await startTraceCollector());
    const variables = { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url, OTEL_TRACES_SAMPLER: 'parentbased_always_off' };
    platform = own.use(await runPlatform(await stack.url(), { tracing: loadConfig(TracingConfig, variables) }));
    environment = await platform.newEnvironment();
    client = await newClient(environment);
  });
  afterAll(() => own.disposeAsync());

  const spansOf = (traceId: string) => collector.spans.filter((span) => span.traceId === traceId);
  const named = (spans: readonly CollectedSpan[], name: string) => spans.find((span) => span.name === name);
  /** Asks as an application does that is traced itself. */
  async function askTraced({ traceId, flags }: { traceId: string; flags: string }) {
    const headers = { ...environment.headers, traceparent: `00-${traceId}-00f067aa0ba902b7-${flags}` };
    const caller = { ...environment, headers };
    expect((await validatePlain(caller, { key: client.key })).body.success).toBe(true);
    expect((await call(caller, 'GET', `/client/${client.id}`)).status).toBe(200);
  }

  it('go through all four services, from the caller to the count', async () => {
    const traceId = '4bf92f3577b34da6a3ce929d0e0e4736';
    await askTraced({ traceId, flags: '01' });
    await expect.poll(() => named(spansOf(traceId), 'ingest'), patience).toBeDefined();
    await expect.poll(() => named(spansOf(traceId), 'GET /api/v1/client/:id'), patience).toBeDefined();
    const spans = spansOf(traceId);
    expect(new Set(spans.map(({ service }) => service))).toEqual(
      new Set(['keyward-gateway', 'keyward-validator', 'keyward-ingest', 'keyward-admin-api']),
    );
    const path = ['POST /api/v1/client/:id', 'decision call', 'decide', 'decision script'];
    let parent: string | undefined = '00f067aa0ba902b7';
    for (const name of path) {
      const span = named(spans, name);
      expect(span, name).toMatchObject({ parentSpanId: parent });
      parent = span?.spanId;
    }
    expect(named(spans, 'decision script')?.events).toMatchObject([{ name: 'outbox append' }]);
    const decided = named(spans, 'decide');
    expect(decided?.attributes).toContainEqual({ key: 'keyward.verdict', value: { stringValue: 'ALLOWED' } });
    for (const name of ['relay publish', 'ingest']) {
      const span = named(spans, name);
      expect(span, name).toMatchObject({ parentSpanId: decided?.spanId });
      const batch = collector.spans.find(({ spanId }) => spanId === span?.links?.[0]?.spanId);
      expect(batch).toMatchObject({ name: `${name}: batch` });
      expect(batch?.links).toContainEqual(expect.objectContaining({ traceId, spanId: decided?.spanId }));
    }
  });

  it('are left out where the caller says so, or begins none', async () => {
    const [silent, last] = ['0af7651916cd43dd8448eb211c80319c', 'b7ad6b7169203331b7ad6b7169203331'];
    await askTraced({ traceId: silent, flags: '00' });
    expect((await validatePlain(environment, { key: client.key })).body.success).toBe(true);
    await askTraced({ traceId: last, flags: '01' });
    await expect.poll(() => named(spansOf(last), 'ingest'), patience).toBeDefined();
    expect(spansOf(silent)).toEqual([]);
  });

  it('hold no key, no credential and no name', () => {
    expect(collector.spans.length).toBeGreaterThan(10);
    const { key, id, keyId } = client;
    for (const secret of [key, id, keyId, platform.secrets.serviceToken, ...Object.values(environment.headers ?? {})])
      expect(collector.received()).not.toContain(secret);
  });
});

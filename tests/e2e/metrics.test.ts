import { newId } from '@keyward/kit/random';
import { describePostgresBackends } from '@keyward/tests/backends/describe-backends';
import { createEnvironment } from '@keyward/tests/platform/prepare-installation';
import { type Management, runManagement } from '@keyward/tests/platform/run-management';
import { newClient } from '@keyward/tests/platform/run-platform';
import { call } from '@keyward/tests/platform/wire-client';
import { afterAll, beforeAll, expect, it } from 'vitest';

describePostgresBackends('the metrics of admin-api', (backend) => {
  let management: Management;

  beforeAll(async () => {
    management = await runManagement(await backend.url(), { METRICS_PORT: '0' });
  });
  afterAll(() => management?.[Symbol.asyncDispose]());

  const read = async () => (await fetch(`${management.metricsUrl}/metrics`)).text();

  it('are on a port of their own, where nothing else is', async () => {
    expect((await fetch(`${management.url}/metrics`)).status).toBe(404);
    expect((await fetch(`${management.metricsUrl}/api/v1/organization`)).status).toBe(404);
    expect((await fetch(`${management.metricsUrl}/healthz`)).status).toBe(200);
    await using hidden = await management.another({});
    expect(hidden.metricsUrl).toBeUndefined();
  });

  it('count calls by the pattern of their route, and say of no id or name', async () => {
    const environment = await createEnvironment(management.byKey);
    const client = await newClient(environment);
    const unknown = newId();
    for (const id of [client.id, unknown]) await call(environment, 'GET', `/client/${id}`);
    await fetch(`${management.url}/no/such/${unknown}`, { method: 'PUT' });
    const text = await read();
    const calls = (labels: string) =>
      new RegExp(`^keyward_http_request_seconds_count\\{${labels}\\} (\\d+)$`, 'm').exec(text)?.[1];
    expect(calls('method="GET",route="/api/v1/client/:id",status="2xx"')).toBe('1');
    expect(calls('method="GET",route="/api/v1/client/:id",status="4xx"')).toBe('1');
    expect(calls('method="POST",route="/api/v1/project",status="2xx"')).toBe('1');
    expect(calls('method="PUT",route="none",status="4xx"')).toBe('1');
    for (const secret of [client.id, unknown, environment.projectEnv]) expect(text).not.toContain(secret);
  });

  it('say nothing of conservation while nobody counts', async () => {
    expect(await read()).toContain('# TYPE keyward_conservation_missing_entries gauge');
    expect(await read()).not.toMatch(/^keyward_conservation/m);
  });

  it('tell what the process takes of its machine', async () => {
    const text = await read();
    expect(text).toMatch(/^process_resident_memory_bytes \d{7,}$/m);
    for (const name of [
      'process_cpu_seconds_total',
      'nodejs_heap_size_used_bytes',
      'nodejs_eventloop_active_seconds_total',
    ])
      expect(text).toMatch(new RegExp(`^${name} [0-9.]+$`, 'm'));
  });

  it('tell what waits for Redis and for webhooks', async () => {
    for (const name of ['keyward_projection_waiting_changes', 'keyward_projection_oldest_change_age_seconds'])
      expect(await read()).toMatch(new RegExp(`^${name} 0$`, 'm'));
    for (const name of ['keyward_webhook_due_deliveries', 'keyward_webhook_dead_deliveries', 'keyward_dead_events'])
      expect(await read()).toMatch(new RegExp(`^${name} 0$`, 'm'));
  });
});

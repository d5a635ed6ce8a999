import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, test } from 'vitest';
import { systemClock as clock } from '../src/clock.ts';
import { loadConfig } from '../src/config.ts';
import { createLogger } from '../src/logger.ts';
import { traceBatch } from '../src/trace-batch.ts';
import { openTracing } from '../src/tracing.ts';
import { TracingConfig } from '../src/tracing-config.ts';

const parent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';
const nowhere = 'http://127.0.0.1:1';

function open(variables: Record<string, string>, told: string[] = []) {
  const destination = { write: (line: string) => void told.push(line) };
  const logger = createLogger({ service: 'sample', level: 'warn', schemas: [TracingConfig], destination });
  return openTracing({ service: 'sample', config: loadConfig(TracingConfig, variables), clock, logger });
}

test('nothing is traced where no collector is named, or tracing is disabled', async () => {
  expect(await open({})).toBeUndefined();
  expect(await open({ OTEL_SERVICE_NAME: 'x', OTEL_TRACES_SAMPLER: 'always_on' })).toBeUndefined();
  expect(await open({ OTEL_EXPORTER_OTLP_ENDPOINT: nowhere, OTEL_SDK_DISABLED: 'true' })).toBeUndefined();
});

test('a span goes on with the trace that it is given, and begins one where that is none', async () => {
  await using tracing = await open({ OTEL_EXPORTER_OTLP_ENDPOINT: nowhere });
  const contextOf = (text?: string) => tracing?.start('x', { kind: 'server', parent: text }).traceparent ?? '';
  expect(contextOf(parent)).toMatch(/^00-4bf92f3577b34da6a3ce929d0e0e4736-(?!00f067aa0ba902b7)[0-9a-f]{16}-01$/);
  expect(contextOf(parent.replace(/01$/, '00'))).toMatch(/^00-4bf92f3577b34da6a3ce929d0e0e4736-[0-9a-f]{16}-00$/);
  for (const none of [undefined, '', 'x', `${parent}, ${parent}`, parent.toUpperCase().replace('00-', 'FF-')])
    expect(contextOf(none)).toMatch(/^00-(?!4bf92f35)[0-9a-f]{32}-[0-9a-f]{16}-01$/);
});

test.each([
  ['always_off', '1', [0, 0]],
  ['traceidratio', '0', [0, 0]],
  ['parentbased_traceidratio', '0', [1, 0]],
  ['parentbased_always_off', '1', [1, 0]],
  ['parentbased_always_on', '1', [1, 1]],
] as const)(
  '%s %s records a trace that its caller records, and one that begins here, so: %s',
  async (name, share, so) => {
    await using tracing = await open({
      OTEL_EXPORTER_OTLP_ENDPOINT: nowhere,
      OTEL_TRACES_SAMPLER: name,
      OTEL_TRACES_SAMPLER_ARG: share,
    });
    const flags = [parent, undefined].map((each) =>
      tracing?.start('x', { kind: 'server', parent: each }).traceparent.at(-1),
    );
    expect(flags.map(Number)).toEqual(so);
  },
);

test('a batch is traced when it holds something of a recorded trace, and fails with its work', async () => {
  await using collector = await startCollector();
  {
    await using tracing = await open({
      OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
      OTEL_TRACES_SAMPLER: 'parentbased_always_off',
    });
    const batch = { name: 'publish', kind: 'producer' as const };
    expect(await traceBatch(tracing, { ...batch, traceparents: [], work: async () => 1 })).toBe(1);
    const failing = { ...batch, traceparents: [parent], work: () => Promise.reject(new Error('no')) };
    await expect(traceBatch(tracing, failing)).rejects.toThrow('no');
  }
  const sent = collector.bodies.join();
  for (const name of ['"publish"', '"publish: batch"']) expect(sent.split(name)).toHaveLength(2);
  expect(sent).toContain('"keyward-sample"');
  expect(sent.split('"code":2')).toHaveLength(3);
});

test('a collector that refuses is told of in the log', async () => {
  await using collector = await startCollector({ status: 400 });
  const told: string[] = [];
  {
    await using tracing = await open({ OTEL_EXPORTER_OTLP_ENDPOINT: collector.url }, told);
    tracing?.start('x', { kind: 'server' }).end();
  }
  expect(told.join()).toContain('traces could not be exported');
});

test('a collector that is away holds up no stop for long', async () => {
  const tracing = await open({ OTEL_EXPORTER_OTLP_ENDPOINT: nowhere });
  tracing?.start('x', { kind: 'server' }).end();
  const startedMs = clock.monotonicMs();
  await tracing?.[Symbol.asyncDispose]();
  expect(clock.monotonicMs() - startedMs).toBeLessThan(5_000);
});

async function startCollector({ status = 200 } = {}) {
  const bodies: string[] = [];
  const server = createServer(async (request, response) => {
    for await (const chunk of request) bodies.push(String(chunk));
    response.writeHead(status).end('{}');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    bodies,
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    [Symbol.asyncDispose]: () => new Promise<void>((resolve) => void server.close(() => resolve())),
  };
}

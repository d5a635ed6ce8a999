import {
  type Context,
  type SpanContext as OtelContext,
  type Span as OtelSpan,
  ROOT_CONTEXT,
  SpanKind,
  SpanStatusCode,
  TraceFlags,
  type Tracer,
  trace,
} from '@opentelemetry/api';
import { parseKeyPairsIntoRecord, parseTraceParent } from '@opentelemetry/core';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { defaultResource, resourceFromAttributes } from '@opentelemetry/resources';
import {
  AlwaysOffSampler,
  AlwaysOnSampler,
  BatchSpanProcessor,
  ParentBasedSampler,
  type Sampler,
  SamplingDecision,
  type SpanExporter,
  TraceIdRatioBasedSampler,
  TracerProvider,
} from '@opentelemetry/sdk-trace';
import type { Clock } from './clock.ts';
import type { Logger } from './logger.ts';
import { occasionalWarning } from './occasional-log.ts';
import { pause } from './pause.ts';
import type { Span, SpanOptions, Tracing } from './tracing.ts';
import type { TracingConfig } from './tracing-config.ts';

interface OtlpOptions {
  service: string;
  url: string;
  config: TracingConfig;
  clock: Clock;
  logger: Logger;
}

/** A collector that is away does not hold up a stop for longer. */
const lastExportMs = 2_000;

/**
 * Traces by OpenTelemetry's own SDK. Nothing global is set: several services may live in one process, each under its name.
 * Contexts are handed on by name, so no call pays for asynchronous local storage.
 */
export class OtlpTracing implements Tracing {
  readonly #provider: TracerProvider;
  readonly #tracer: Tracer;

  constructor({ service, url, config, clock, logger }: OtlpOptions) {
    const headers = parseKeyPairsIntoRecord(config.OTEL_EXPORTER_OTLP_HEADERS);
    const warn = occasionalWarning({ clock, logger, message: 'traces could not be exported; they are gone' });
    this.#provider = new TracerProvider({
      sampler: new LinkedSampler(samplerOf(config)),
      resource: defaultResource().merge(
        resourceFromAttributes({
          ...parseKeyPairsIntoRecord(config.OTEL_RESOURCE_ATTRIBUTES),
          'service.name': config.OTEL_SERVICE_NAME ?? `keyward-${service}`,
        }),
      ),
      spanProcessors: [new BatchSpanProcessor({ exporter: telling(new OTLPTraceExporter({ url, headers }), warn) })],
    });
    this.#tracer = this.#provider.getTracer('keyward');
  }

  start(name: string, { kind, parent, links = [] }: SpanOptions): Span {
    const linked = links.flatMap((link) => contextIn(link) ?? []).map((context) => ({ context }));
    return new OtlpSpan(this.#tracer.startSpan(name, { kind: kinds[kind], links: linked }, parentContext(parent)));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const patience = new AbortController();
    const exported = this.#provider.shutdown().catch(() => undefined); // the exporter has told
    await Promise.race([exported, pause(lastExportMs, patience.signal)]);
    patience.abort();
  }
}

class OtlpSpan implements Span {
  readonly traceparent: string;
  readonly #span: OtelSpan;

  constructor(span: OtelSpan) {
    const { traceId, spanId, traceFlags } = span.spanContext();
    this.#span = span;
    this.traceparent = `00-${traceId}-${spanId}-0${traceFlags & TraceFlags.SAMPLED}`;
  }

  set(name: string, value: string | number): void {
    this.#span.setAttribute(name, value);
  }

  note(event: string): void {
    this.#span.addEvent(event);
  }

  fail(): void {
    this.#span.setStatus({ code: SpanStatusCode.ERROR });
  }

  end(): void {
    this.#span.end();
  }
}

/** A batch is recorded when one of those is that it is linked to. */
class LinkedSampler implements Sampler {
  readonly #others: Sampler;

  constructor(others: Sampler) {
    this.#others = others;
  }

  shouldSample(...args: Parameters<Sampler['shouldSample']>): ReturnType<Sampler['shouldSample']> {
    const links = args[5];
    if (links.some(({ context }) => (context.traceFlags & TraceFlags.SAMPLED) !== 0))
      return { decision: SamplingDecision.RECORD_AND_SAMPLED };
    return this.#others.shouldSample(...args);
  }

  toString(): string {
    return `Linked{${this.#others}}`;
  }
}

function samplerOf({ OTEL_TRACES_SAMPLER: name, OTEL_TRACES_SAMPLER_ARG: ratio }: TracingConfig): Sampler {
  switch (name) {
    case 'always_on':
      return new AlwaysOnSampler();
    case 'always_off':
      return new AlwaysOffSampler();
    case 'traceidratio':
      return new TraceIdRatioBasedSampler(ratio);
    case 'parentbased_always_on':
      return new ParentBasedSampler({ root: new AlwaysOnSampler() });
    case 'parentbased_always_off':
      return new ParentBasedSampler({ root: new AlwaysOffSampler() });
    case 'parentbased_traceidratio':
      return new ParentBasedSampler({ root: new TraceIdRatioBasedSampler(ratio) });
  }
}

function telling(exporter: SpanExporter, warn: (error: unknown) => void): SpanExporter {
  return {
    export: (spans, done) =>
      exporter.export(spans, (result) => {
        if (result.error) warn(result.error);
        done(result);
      }),
    shutdown: () => exporter.shutdown(),
    forceFlush: async () => exporter.forceFlush?.(),
  };
}

const kinds = {
  server: SpanKind.SERVER,
  client: SpanKind.CLIENT,
  producer: SpanKind.PRODUCER,
  consumer: SpanKind.CONSUMER,
  internal: SpanKind.INTERNAL,
} as const;

function parentContext(traceparent: string | undefined): Context {
  const parent = traceparent === undefined ? undefined : contextIn(traceparent);
  return parent ? trace.setSpanContext(ROOT_CONTEXT, parent) : ROOT_CONTEXT;
}

function contextIn(traceparent: string): OtelContext | undefined {
  const context = parseTraceParent(traceparent);
  return context ? { ...context, isRemote: true } : undefined;
}

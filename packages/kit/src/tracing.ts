import type { Clock } from './clock.ts';
import type { Logger } from './logger.ts';
import type { TracingConfig } from './tracing-config.ts';

/** A step of a trace. What it says of itself is never a secret, a key, or what a caller sent. */
export interface Span {
  /** Its context, for whoever goes on with the trace; also that it is not recorded. */
  readonly traceparent: string;
  set(name: string, value: string | number): void;
  /** Something that happened at one moment of it. */
  note(event: string): void;
  fail(): void;
  end(): void;
}

export interface SpanOptions {
  kind: 'server' | 'client' | 'producer' | 'consumer' | 'internal';
  /** The context that it goes on from; without one, or with one that is none, it begins a trace. */
  parent?: string | undefined;
  /** Contexts of other traces that it belongs to: recorded, if one of them is. */
  links?: readonly string[];
}

export interface Tracing extends AsyncDisposable {
  start(name: string, options: SpanOptions): Span;
}

interface TracingOptions {
  service: string;
  config: TracingConfig | undefined;
  clock: Clock;
  logger: Logger;
}

/** OpenTelemetry, if a collector is named; without one nothing of it is even loaded. */
export async function openTracing({ config, ...options }: TracingOptions): Promise<Tracing | undefined> {
  if (!config || config.OTEL_SDK_DISABLED === 'true') return undefined;
  const { OTEL_EXPORTER_OTLP_ENDPOINT: base, OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: whole } = config;
  const url = whole ?? (base && `${base.replace(/\/+$/, '')}/v1/traces`);
  if (url === undefined) return undefined;
  const { OtlpTracing } = await import('./otlp-tracing.ts');
  return new OtlpTracing({ ...options, config, url });
}

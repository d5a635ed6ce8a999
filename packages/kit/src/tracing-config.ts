import { Secret } from '@keyward/contract/secret';
import Type, { type Static } from 'typebox';

const url = { pattern: '^https?://[^\\s]+$' };

/** OpenTelemetry's own variables, as far as traces are concerned. */
export const TracingConfig = Type.Object({
  OTEL_EXPORTER_OTLP_ENDPOINT: Type.Optional(
    Type.String({
      ...url,
      description:
        'Where traces are sent, by OTLP over HTTP: the base URL of a collector. Without it, and without the next, nothing is traced.',
    }),
  ),
  OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: Type.Optional(
    Type.String({ ...url, description: 'The whole URL for traces, where it is not the base URL with `/v1/traces`.' }),
  ),
  OTEL_EXPORTER_OTLP_HEADERS: Type.Optional(
    Secret(Type.String({ description: 'Headers for the collector, as `name=value,name=value`.' })),
  ),
  OTEL_SERVICE_NAME: Type.Optional(
    Type.String({
      minLength: 1,
      description: 'What traces call this service; `keyward-` and its name unless it is set.',
    }),
  ),
  OTEL_RESOURCE_ATTRIBUTES: Type.Optional(
    Type.String({ description: 'What else traces say of this process, as `name=value,name=value`.' }),
  ),
  OTEL_TRACES_SAMPLER: Type.Enum(
    [
      'always_on',
      'always_off',
      'traceidratio',
      'parentbased_always_on',
      'parentbased_always_off',
      'parentbased_traceidratio',
    ],
    {
      default: 'parentbased_always_on',
      description:
        'Which traces are recorded. Callers decide it with `parentbased_…`: for a gateway that strangers reach, `traceidratio` is wiser.',
    },
  ),
  OTEL_TRACES_SAMPLER_ARG: Type.Number({
    default: 1,
    minimum: 0,
    maximum: 1,
    description: 'The share that `traceidratio` records.',
  }),
  OTEL_SDK_DISABLED: Type.Enum(['true', 'false'], { default: 'false', description: '`true`: nothing is traced.' }),
});
export type TracingConfig = Static<typeof TracingConfig>;

import { secretFields } from '@keyward/contract/secret';
import { type DestinationStream, type Logger, pino, stdTimeFunctions } from 'pino';

export type { Logger } from 'pino';

interface LoggerOptions {
  service: string;
  level: string;
  /** The schemas that this service handles; the fields that they mark as secret are never printed. */
  schemas: readonly unknown[];
  destination?: DestinationStream;
}

/** Header names that carry credentials, always redacted. */
const secretHeaders = ['authorization', 'cookie', 'set-cookie', 'x-api-key', 'x-keyward-service-token'];

/** Where databases say which values a statement failed with: whole batches of events, addresses and digests in them. */
const valuesOfErrors = ['err.params', 'err.detail', 'err.where'];

/**
 * A JSON logger that cannot print a secret: the redacted paths are derived from the schemas' marks. An empty set
 * means that the marks were lost, so no logger is made.
 */
export function createLogger(options: LoggerOptions): Logger {
  const fields = secretFields(options.schemas);
  if (fields.size === 0)
    throw new Error(`${options.service}: no field is marked as secret; refusing to log without redaction.`);
  const names = [...fields, ...secretHeaders].map((name) => (/^\w+$/.test(name) ? `.${name}` : `["${name}"]`));
  const paths = names.flatMap((name) => [name.replace(/^\./, ''), `*${name}`, `*.*${name}`, `*.*.*${name}`]);
  const settings = {
    level: options.level,
    base: { service: options.service },
    redact: { paths: [...paths, ...valuesOfErrors], censor: '[redacted]' },
    formatters: { level: (label: string) => ({ level: label }) },
    timestamp: stdTimeFunctions.isoTime,
  };
  return options.destination ? pino(settings, options.destination) : pino(settings);
}

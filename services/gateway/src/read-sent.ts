import type { IncomingHttpHeaders } from 'node:http';
import { AppError } from '@keyward/kit/app-error';
import type { Clock } from '@keyward/kit/clock';
import type { GatewayMetrics } from './gateway-metrics.ts';
import type { KeyringFile } from './keyring-file.ts';
import { type DerivedKeys, type OpenedEnvelope, type OpenedEnvelopeV2, openEnvelope } from './open-envelope.ts';
import { parseJson } from './parse-json.ts';
import { encryption } from './request-headers.ts';

export interface Openers {
  keyring: KeyringFile;
  derivedKeys: DerivedKeys;
  clock: Clock;
  metrics: GatewayMetrics;
}

interface Sent {
  value: unknown;
  /** undefined: it came plain. */
  opened: OpenedEnvelope | undefined;
}

interface Carried {
  headers: IncomingHttpHeaders;
  body: Buffer | undefined;
  method: string;
  url: string;
}

/** The JSON of a body, out of its envelope if it came in one. */
export function readSent(
  { keyring, derivedKeys, clock, metrics }: Openers,
  { headers, body = Buffer.alloc(0), method, url }: Carried,
): Sent {
  if (encryption(headers) !== 'envelope') return { value: parsePlain(body), opened: undefined };
  const opened = openEnvelope({
    body,
    carrier: { method, url },
    keyring: keyring.current,
    derivedKeys,
    nowMs: clock.nowMs(),
  });
  metrics.noteEnvelope(opened);
  if (opened.version === '2') stampWith(opened);
  return { value: opened.value, opened };
}

/** In version 2 the moment that counts stands outside (wire.md §6), where it is authenticated before anything is read. */
function stampWith({ value, ts }: OpenedEnvelopeV2): void {
  if (typeof value === 'object' && value !== null) Object.assign(value, { timestamp: ts });
}

function parsePlain(body: Buffer): unknown {
  const parsed = parseJson(body);
  if (!parsed) throw new AppError('BAD_REQUEST', 'The body is not JSON, or is nested too deeply.');
  return parsed.value;
}

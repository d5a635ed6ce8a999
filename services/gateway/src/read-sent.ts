import type { IncomingHttpHeaders } from 'node:http';
import type { DerivedKeyCache } from '@keyward/envelope/derived-key-cache';
import { AppError } from '@keyward/kit/app-error';
import type { Clock } from '@keyward/kit/clock';
import type { KeyringFile } from './keyring-file.ts';
import { type OpenedEnvelope, openEnvelope } from './open-envelope.ts';
import { parseJson } from './parse-json.ts';
import { encryption } from './request-headers.ts';

export interface Openers {
  keyring: KeyringFile;
  derivedKeys: DerivedKeyCache;
  clock: Clock;
}

interface Sent {
  value: unknown;
  /** undefined: it came plain. */
  opened: OpenedEnvelope | undefined;
}

/** The JSON of a body, out of its envelope if it came in one. */
export function readSent(
  { keyring, derivedKeys, clock }: Openers,
  { headers, body = Buffer.alloc(0) }: { headers: IncomingHttpHeaders; body: Buffer | undefined },
): Sent {
  if (encryption(headers) !== 'envelope') return { value: parsePlain(body), opened: undefined };
  const opened = openEnvelope({ body, keyring: keyring.current, cache: derivedKeys, nowMs: clock.nowMs() });
  return { value: opened.value, opened };
}

function parsePlain(body: Buffer): unknown {
  const parsed = parseJson(body);
  if (!parsed) throw new AppError('BAD_REQUEST', 'The body is not JSON, or is nested too deeply.');
  return parsed.value;
}

import type { DerivedKeyCache } from '@keyward/envelope/derived-key-cache';
import type { Keyring } from '@keyward/envelope/keyring';
import { type OpenedV1, openV1 } from '@keyward/envelope/v1/open';
import { parseEnvelopeV1 } from '@keyward/envelope/v1/wire';
import type { RequestLine } from '@keyward/envelope/v2/binding';
import type { SessionKeys } from '@keyward/envelope/v2/derive';
import { type OpenedV2, openV2 } from '@keyward/envelope/v2/open-request';
import { parseEnvelopeV2 } from '@keyward/envelope/v2/wire';
import { AppError } from '@keyward/kit/app-error';
import { parseJson } from './parse-json.ts';
import { pathAfterBase } from './request-target.ts';

/** What sessions derived, by the version of their envelopes. */
export interface DerivedKeys {
  v1: DerivedKeyCache<Buffer>;
  v2: DerivedKeyCache<SessionKeys>;
}

/** The HTTP request that brought an envelope. */
export interface Carrier {
  method: string;
  /** The target of the request line. */
  url: string;
}

interface OpenEnvelopeOptions {
  body: Buffer;
  carrier: Carrier;
  keyring: Keyring;
  derivedKeys: DerivedKeys;
  nowMs: number;
}

interface Opened {
  /** The sender's ephemeral public key, 32 bytes. */
  epk: Buffer;
  /** The plaintext, parsed. */
  value: unknown;
}

export type OpenedEnvelopeV1 = OpenedV1 & Opened & { version: '1' };
export type OpenedEnvelopeV2 = OpenedV2 &
  Opened & {
    version: '2';
    /** When it was sealed, as it was sent. */
    ts: string;
    iv: Buffer;
    /** What it is bound to, and its reply will be. */
    line: RequestLine;
  };
export type OpenedEnvelope = OpenedEnvelopeV1 | OpenedEnvelopeV2;

/**
 * The JSON inside an envelope of either version. Whatever fails, from the outer JSON to the inner one, is one
 * INVALID_ENVELOPE with one text, so that nobody learns how far a forged envelope came. Lengths are checked before any crypto.
 */
export function openEnvelope({ body, ...options }: OpenEnvelopeOptions): OpenedEnvelope {
  const outer = parseJson(body)?.value;
  const opened = openVersion1(outer, options) ?? openVersion2(outer, options);
  if (!opened) throw new AppError('INVALID_ENVELOPE', 'The envelope could not be opened.');
  return opened;
}

type Openers = Omit<OpenEnvelopeOptions, 'body'>;

function openVersion1(outer: unknown, { derivedKeys, keyring, nowMs }: Openers): OpenedEnvelopeV1 | undefined {
  const envelope = parseEnvelopeV1(outer);
  const opened = envelope && openV1({ envelope, keyring, nowMs, cache: derivedKeys.v1 });
  const inner = opened && parseJson(opened.plaintext);
  return inner && { ...opened, version: '1', epk: envelope.epk, value: inner.value };
}

function openVersion2(outer: unknown, { derivedKeys, keyring, nowMs, carrier }: Openers): OpenedEnvelopeV2 | undefined {
  const envelope = parseEnvelopeV2(outer);
  if (!envelope) return undefined;
  const line = { method: carrier.method, path: pathAfterBase(carrier.url) };
  const opened = openV2({ envelope, keyring, nowMs, cache: derivedKeys.v2, ...line });
  const inner = opened && parseJson(opened.plaintext);
  const { epk, iv, ts } = envelope;
  return inner && { ...opened, version: '2', epk, iv, ts, line, value: inner.value };
}

/** Spares the next request of the same session its X25519. Only for what came with a server key that was accepted. */
export function rememberKeys(derivedKeys: DerivedKeys, opened: OpenedEnvelope): void {
  if (opened.version === '1') derivedKeys.v1.remember(opened);
  else derivedKeys.v2.remember(opened);
}

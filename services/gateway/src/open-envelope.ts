import type { DerivedKeyCache } from '@keyward/envelope/derived-key-cache';
import type { Keyring } from '@keyward/envelope/keyring';
import { type OpenedV1, openV1 } from '@keyward/envelope/open';
import { parseEnvelopeV1 } from '@keyward/envelope/wire-v1';
import { AppError } from '@keyward/kit/app-error';
import { parseJson } from './parse-json.ts';

interface OpenEnvelopeOptions {
  body: Buffer;
  keyring: Keyring;
  cache: DerivedKeyCache;
  nowMs: number;
}

export interface OpenedEnvelope extends OpenedV1 {
  /** The sender's ephemeral public key, 32 bytes. */
  epk: Buffer;
  /** The plaintext, parsed. */
  value: unknown;
}

/**
 * The JSON inside an envelope. Whatever fails, from the outer JSON to the inner one, is one INVALID_ENVELOPE with one
 * text, so that nobody learns how far a forged envelope came. Lengths are checked before any crypto.
 */
export function openEnvelope({ body, ...keys }: OpenEnvelopeOptions): OpenedEnvelope {
  const envelope = parseEnvelopeV1(parseJson(body)?.value);
  const opened = envelope && openV1({ envelope, ...keys });
  const inner = opened && parseJson(opened.plaintext);
  if (!envelope || !opened || !inner) throw new AppError('INVALID_ENVELOPE', 'The envelope could not be opened.');
  return { ...opened, epk: envelope.epk, value: inner.value };
}

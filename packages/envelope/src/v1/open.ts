import { openAesGcm } from '../aes-gcm.ts';
import type { DerivedKeyCache } from '../derived-key-cache.ts';
import { type Keyring, usableKeys } from '../keyring.ts';
import type { KeyringKey } from '../keyring-key.ts';
import { replayIdV1 } from '../replay-id.ts';
import { deriveKey } from './derive.ts';
import type { EnvelopeV1 } from './wire.ts';

export type OpenOptions = {
  envelope: EnvelopeV1;
  keyring: Keyring;
  nowMs: number;
  cache?: DerivedKeyCache<Buffer>;
};

/** An opened envelope. With its `epk` it is what `DerivedKeyCache.remember` takes. */
export type OpenedV1 = {
  plaintext: Buffer;
  /** The server key that opened it. */
  kid: string;
  notAfterMs: number | null;
  /** The AES key. */
  derived: Buffer;
  /** 32 bytes by which a replay is recognized, however its `epk` was altered. */
  replayId: Buffer;
};

/**
 * Opens an envelope of version 1, which names no server key: those of sessions in the cache are tried first, then the
 * current key, then those that overlap, each within its life at `nowMs`. Every failure is the same undefined.
 */
export function openV1({ envelope, keyring, nowMs, cache }: OpenOptions): OpenedV1 | undefined {
  const keys = usableKeys(keyring, nowMs);
  if (cache !== undefined) {
    for (const key of keys) {
      const opened = openWith({ envelope, key, aesKey: cache.recall({ kid: key.kid, epk: envelope.epk, nowMs }) });
      if (opened !== undefined) return opened;
    }
  }
  for (const key of keys) {
    const aesKey = deriveKey({ privateKey: key.privateKey, publicKey: envelope.epk });
    const opened = openWith({ envelope, key, aesKey });
    if (opened !== undefined) return opened;
  }
  return undefined;
}

type Attempt = { envelope: EnvelopeV1; key: KeyringKey; aesKey: Buffer | undefined };

function openWith({ envelope: { iv, ct }, key, aesKey }: Attempt): OpenedV1 | undefined {
  const plaintext = aesKey && openAesGcm({ aesKey, iv, ct });
  if (!aesKey || !plaintext) return undefined;
  const { kid, notAfterMs } = key;
  return { plaintext, kid, notAfterMs, derived: aesKey, replayId: replayIdV1({ aesKey, iv }) };
}

import { openAesGcm } from '../aes-gcm.ts';
import type { DerivedKeyCache } from '../derived-key-cache.ts';
import { type Keyring, usableKeys } from '../keyring.ts';
import { replayIdV2 } from '../replay-id.ts';
import { type RequestLine, requestAad } from './binding.ts';
import { deriveSessionKeys, type SessionKeys } from './derive.ts';
import type { EnvelopeV2 } from './wire.ts';

export type OpenRequestOptions = RequestLine & {
  envelope: EnvelopeV2;
  keyring: Keyring;
  nowMs: number;
  cache?: DerivedKeyCache<SessionKeys>;
};

/** An opened request. With its `epk` it is what `DerivedKeyCache.remember` takes. */
export type OpenedV2 = {
  plaintext: Buffer;
  /** The server key that opened it. */
  kid: string;
  notAfterMs: number | null;
  derived: SessionKeys;
  /** 32 bytes by which a replay is recognized. */
  replayId: Buffer;
};

/**
 * Opens a request of version 2, which names its server key: only that one is tried, within its life at `nowMs`, and only as the
 * HTTP request that it was sealed for. Every failure is the same undefined.
 */
export function openV2({ envelope, keyring, nowMs, cache, method, path }: OpenRequestOptions): OpenedV2 | undefined {
  const { kid, ts, epk, iv, ct } = envelope;
  const key = usableKeys(keyring, nowMs).find((usable) => usable.kid === kid);
  if (key === undefined) return undefined;
  const { privateKey, publicKey: serverPublicKey, notAfterMs } = key;
  const derived =
    cache?.recall({ kid, epk, nowMs }) ?? deriveSessionKeys({ privateKey, kid, epk, serverPublicKey, side: 'server' });
  const aad = requestAad({ kid, method, path, ts });
  const plaintext = derived && openAesGcm({ aesKey: derived.request, iv, aad, ct });
  if (!derived || !plaintext) return undefined;
  return { plaintext, kid, notAfterMs, derived, replayId: replayIdV2({ aesKey: derived.request, iv }) };
}

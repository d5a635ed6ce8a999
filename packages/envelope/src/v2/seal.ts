import { sealAesGcm } from '../aes-gcm.ts';
import { freshIv } from '../fresh-iv.ts';
import { type RequestLine, replyAad, requestAad } from './binding.ts';
import type { SessionV2 } from './session.ts';
import { type EnvelopeV2, printEnvelopeV2 } from './wire.ts';

type SealOptions = RequestLine & {
  session: SessionV2;
  /** ISO 8601; the moment that counts for the replay window. */
  ts: string;
  /** UTF-8 JSON. */
  plaintext: Buffer | string;
  /** For test vectors only: an iv that repeats under one key breaks AES-GCM. */
  iv?: Buffer;
};

/** A request of version 2, and its `iv`, which opens the reply. */
export function sealRequestV2({ session, ts, plaintext, iv = freshIv(), method, path }: SealOptions): EnvelopeV2 {
  const { kid, epk, keys } = session;
  const aad = requestAad({ kid, method, path, ts });
  return { kid, ts, epk, iv, ct: sealAesGcm({ aesKey: keys.request, iv, aad, plaintext }) };
}

/** The reply to the request that had `requestIv`, as JSON text. */
export function sealReplyV2(options: SealOptions & { requestIv: Buffer }): string {
  const { session, ts, plaintext, iv = freshIv(), requestIv, method, path } = options;
  const { kid, epk, keys } = session;
  const aad = replyAad({ kid, ts, method, path, requestIv });
  const ct = sealAesGcm({ aesKey: keys.reply, iv, aad, plaintext });
  return printEnvelopeV2({ kid, ts, epk, iv, ct });
}

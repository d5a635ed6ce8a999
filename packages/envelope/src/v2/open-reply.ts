import { openAesGcm } from '../aes-gcm.ts';
import { type RequestLine, replyAad } from './binding.ts';
import type { SessionV2 } from './session.ts';
import { parseEnvelopeV2 } from './wire.ts';

export type OpenReplyOptions = RequestLine & {
  /** A parsed JSON body. */
  body: unknown;
  session: SessionV2;
  /** Of the request that is answered. */
  requestIv: Buffer;
};

/** The plaintext of a reply, and the server's time of it. Undefined for anything that does not answer this very request. */
export function openReplyV2({
  body,
  session,
  requestIv,
  method,
  path,
}: OpenReplyOptions): { plaintext: Buffer; ts: string } | undefined {
  const reply = parseEnvelopeV2(body);
  if (reply === undefined || reply.kid !== session.kid || !reply.epk.equals(session.epk)) return undefined;
  const { kid, ts, iv, ct } = reply;
  const aad = replyAad({ kid, method, path, ts, requestIv });
  const plaintext = openAesGcm({ aesKey: session.keys.reply, iv, aad, ct });
  return plaintext && { plaintext, ts };
}

import { createEphemeralKey } from '@keyward/envelope/ephemeral-key';
import { deriveKey } from '@keyward/envelope/v1/derive';
import { sealWithKey } from '@keyward/envelope/v1/seal-with-key';
import { openReplyV2 } from '@keyward/envelope/v2/open-reply';
import { sealRequestV2 } from '@keyward/envelope/v2/seal';
import { openSessionV2, type SessionV2 } from '@keyward/envelope/v2/session';
import { printEnvelopeV2 } from '@keyward/envelope/v2/wire';
import { KeywardError } from '../keyward-error.ts';
import type { Outgoing, SealedRequest, Session } from '../runtime.ts';
import type { ServerKey } from '../server/server-keys.ts';

/** A session in the version that the server key is for. */
export function openNodeSession({ kid, publicKey, version }: ServerKey): Session {
  const recipient = Buffer.from(publicKey);
  return version === '2' ? new NodeSessionV2({ kid, publicKey: recipient }) : new NodeSessionV1(recipient);
}

class NodeSessionV2 implements Session {
  readonly #session: SessionV2;

  constructor(recipient: { kid: string; publicKey: Buffer }) {
    this.#session = openSessionV2({ recipient });
  }

  seal({ method, path, ts, text: plaintext }: Outgoing): SealedRequest {
    const envelope = sealRequestV2({ session: this.#session, ts, plaintext, method, path });
    return { body: printEnvelopeV2(envelope), iv: envelope.iv };
  }

  open(answer: string, { method, path }: Outgoing, { iv }: SealedRequest): string | undefined {
    const requestIv = Buffer.from(iv.buffer, iv.byteOffset, iv.byteLength);
    const opened = openReplyV2({ body: parsed(answer), session: this.#session, requestIv, method, path });
    return opened?.plaintext.toString();
  }
}

/** Answers come in the open: version 1 would cost an X25519 on either side for each. */
class NodeSessionV1 implements Session {
  readonly #aesKey: Buffer;
  readonly #epk: Buffer;

  constructor(publicKey: Buffer) {
    const ephemeral = createEphemeralKey();
    const aesKey = deriveKey({ privateKey: ephemeral.privateKey, publicKey });
    if (!aesKey) throw new KeywardError('CONFIG', 'Nothing can be encrypted to the public key of the server.');
    this.#aesKey = aesKey;
    this.#epk = ephemeral.publicKey;
  }

  seal({ text: plaintext }: Outgoing): SealedRequest {
    const body = sealWithKey({ aesKey: this.#aesKey, epk: this.#epk, plaintext });
    return { body: JSON.stringify(body), iv: new Uint8Array(0) };
  }

  open(answer: string): string {
    return answer;
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

import { isTimestamp } from '@keyward/envelope/v2/timestamp';
import type { Outgoing, SealedRequest, Session } from '../runtime.ts';
import type { ServerKey } from '../server/server-keys.ts';
import { openAesGcm, sealAesGcm } from './aes-gcm.ts';
import { printBase64url, readBase64url } from './base64url.ts';
import { createSessionKey, type SessionKey } from './session-key.ts';

/** A session in the version that the server key is for, as node/node-session.ts has it, on WebCrypto. */
export async function openEdgeSession({ kid, publicKey, version }: ServerKey): Promise<Session> {
  const sessionKey = await createSessionKey(publicKey);
  return version === '2' ? sessionV2(sessionKey, { kid, publicKey }) : sessionV1(sessionKey);
}

/** wire.md §6. Two keys, one for each direction; both public keys are bound in as they are sent. */
async function sessionV2(key: SessionKey, server: { kid: string; publicKey: Uint8Array }): Promise<Session> {
  const { kid, publicKey } = server;
  const salt = Uint8Array.from([...key.epk, ...publicKey]);
  const [requestKey, replyKey] = await Promise.all([
    key.derive({ salt, info: `keyward-v2 request ${kid}` }),
    key.derive({ salt, info: `keyward-v2 response ${kid}` }),
  ]);
  return new EdgeSessionV2({ kid, epk: printBase64url(key.epk), requestKey, replyKey });
}

interface SessionKeysV2 {
  kid: string;
  /** base64url */
  epk: string;
  requestKey: CryptoKey;
  replyKey: CryptoKey;
}

class EdgeSessionV2 implements Session {
  readonly #keys: SessionKeysV2;

  constructor(keys: SessionKeysV2) {
    this.#keys = keys;
  }

  async seal(request: Outgoing): Promise<SealedRequest> {
    const { kid, epk, requestKey } = this.#keys;
    const { text, ts } = request;
    const iv = freshIv();
    const ct = await sealAesGcm({ aesKey: requestKey, iv, aad: this.#lineOf(request, ts), text });
    const body = JSON.stringify({ v: '2', kid, ts, epk, iv: printBase64url(iv), ct: printBase64url(ct) });
    return { body, iv };
  }

  /** The answer has a time of its own, and is bound to the request by its `iv`. */
  async open(answer: string, request: Outgoing, sealed: SealedRequest): Promise<string | undefined> {
    const { kid, epk, replyKey } = this.#keys;
    const reply = parsedObject(answer);
    const iv = readBase64url(reply.iv);
    const ct = readBase64url(reply.ct);
    if (reply.v !== '2' || reply.kid !== kid || reply.epk !== epk || !isTimestamp(reply.ts)) return undefined;
    if (iv?.length !== 12 || !ct) return undefined;
    const aad = `${this.#lineOf(request, reply.ts)} ${printBase64url(sealed.iv)}`;
    return openAesGcm({ aesKey: replyKey, iv, aad, ct });
  }

  #lineOf({ method, path }: Outgoing, ts: string): string {
    return `v2 ${this.#keys.kid} ${method} ${path} ${ts}`;
  }
}

/** wire.md §2.1. Answers come in the open, as node/node-session.ts says. */
async function sessionV1(key: SessionKey): Promise<Session> {
  const aesKey = await key.derive({ salt: new Uint8Array(0), info: 'apikee-v1' });
  const epk = printBase64url(key.epk);
  return {
    async seal({ text }) {
      const iv = freshIv();
      const ct = await sealAesGcm({ aesKey, iv, text });
      const body = JSON.stringify({ v: '1', epk, iv: printBase64url(iv), ct: printBase64url(ct) });
      return { body, iv: new Uint8Array(0) };
    },
    open: (answer) => answer,
  };
}

function freshIv(): Uint8Array<ArrayBuffer> {
  return crypto.getRandomValues(new Uint8Array(12));
}

function parsedObject(text: string): Record<string, unknown> {
  try {
    return Object(JSON.parse(text));
  } catch {
    return {};
  }
}

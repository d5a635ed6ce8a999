import { createKeyringEntry, type Keyring, keyringOf, publicKeys } from '@keyward/envelope/keyring';
import { openV1 } from '@keyward/envelope/v1/open';
import { parseEnvelopeV1 } from '@keyward/envelope/v1/wire';
import { openV2 } from '@keyward/envelope/v2/open-request';
import { sealReplyV2 } from '@keyward/envelope/v2/seal';
import { parseEnvelopeV2 } from '@keyward/envelope/v2/wire';
import type { HttpAnswer, HttpClient, HttpRequest } from '../src/http/http-client.ts';

interface Received {
  path: string;
  epk: string;
  headers: HttpRequest['headers'];
  json: Record<string, unknown>;
}

/** Plays the gateway without a network: tells its keys, opens what comes, and seals what `answer` says. */
export class SealingServer implements HttpClient {
  keyring: Keyring = keyringOf([createKeyringEntry({ nowMs: 0 })]);
  versions = ['1', '2'];
  /** The requests that were opened. */
  readonly received: Received[] = [];
  /** How often it was asked for its keys. */
  askedForKeys = 0;
  answer: (received: Received) => { status: number; json: unknown } = () => ({ status: 200, json: { success: true } });
  /** Changes an answer on its way, as whoever stands between could. */
  tamper: (answer: HttpAnswer, request: HttpRequest) => HttpAnswer = (answer) => answer;

  async send(request: HttpRequest): Promise<HttpAnswer> {
    if (request.method === 'GET') return this.#tellKeys();
    const { body = '', path, headers } = request;
    const answer = path.startsWith('/api/v1/') ? this.#open(JSON.parse(body), path, headers) : notFound;
    return this.tamper(answer, request);
  }

  close(): void {
    this.received.length = 0;
  }

  #tellKeys(): HttpAnswer {
    this.askedForKeys += 1;
    const body = JSON.stringify({ ...publicKeys(this.keyring, Date.now()), versions: this.versions });
    return { status: 200, headers: {}, body };
  }

  #open(body: Record<string, unknown>, path: string, headers: HttpRequest['headers']): HttpAnswer {
    const { keyring } = this;
    const line = { method: 'POST', path: path.slice('/api/v1'.length) };
    const v1 = parseEnvelopeV1(body);
    const plain = v1 && openV1({ envelope: v1, keyring, nowMs: Date.now() });
    if (plain) {
      const { status, json } = this.#receive(body, plain.plaintext, path, headers);
      return { status, headers: {}, body: JSON.stringify(json) };
    }
    const v2 = parseEnvelopeV2(body);
    const opened = v2 && openV2({ envelope: v2, keyring, nowMs: Date.now(), ...line });
    if (!v2 || !opened) return invalidEnvelope;
    const { status, json } = this.#receive(body, opened.plaintext, path, headers);
    const session = { kid: v2.kid, epk: v2.epk, keys: opened.derived };
    const sealed = {
      session,
      ts: new Date().toISOString(),
      plaintext: JSON.stringify(json),
      requestIv: v2.iv,
      ...line,
    };
    return { status, headers: { 'x-apikee-encrypted': '1' }, body: sealReplyV2(sealed) };
  }

  #receive(body: Record<string, unknown>, plaintext: Buffer, path: string, headers: HttpRequest['headers']) {
    const received = { path, epk: String(body.epk), headers, json: JSON.parse(plaintext.toString()) };
    this.received.push(received);
    return this.answer(received);
  }
}

const notFound: HttpAnswer = { status: 404, headers: {}, body: '{"error":"NOT_FOUND","message":"nothing here"}' };
const invalidEnvelope: HttpAnswer = {
  status: 400,
  headers: {},
  body: '{"error":"INVALID_ENVELOPE","message":"The envelope could not be opened."}',
};

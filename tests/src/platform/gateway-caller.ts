import { isVerdict, type Verdict } from '@keyward/contract/verdict';
import { Pool } from 'undici';
import { facts, seal, validatePath } from './wire-client.ts';

export interface GatewayAnswer {
  verdict: Verdict | 'UNAVAILABLE';
  /** How the limits stand, as the answer's header tells it. */
  rateLimit: string | undefined;
}

interface GatewayDoor {
  url: string;
  serverPublicKey: string;
  serverKey: string;
}

/** Validates through one gateway, over as many connections as there are calls at once. */
export class GatewayCaller implements AsyncDisposable {
  readonly #door: GatewayDoor;
  readonly #pool: Pool;

  constructor(door: GatewayDoor) {
    this.#door = door;
    this.#pool = new Pool(door.url);
  }

  plain(key: string, methodPath: string): Promise<GatewayAnswer> {
    return this.#post(methodPath, JSON.stringify(facts({ key })), {});
  }

  /** An envelope, to be sent once or again and again. */
  envelope(key: string): string {
    return JSON.stringify(seal(this.#door.serverPublicKey, JSON.stringify(facts({ key }))).envelope);
  }

  sealed(envelope: string, methodPath: string): Promise<GatewayAnswer> {
    return this.#post(methodPath, envelope, { 'x-apikee-encrypted': '1' });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#pool.destroy();
  }

  async #post(methodPath: string, body: string, extra: Record<string, string>): Promise<GatewayAnswer> {
    const answer = await this.#pool.request({
      path: `/api/v1${validatePath({ methodPath })}`,
      method: 'POST',
      headers: { 'x-api-key': this.#door.serverKey, 'content-type': 'application/json', ...extra },
      body,
    });
    const text = await answer.body.text();
    const { ratelimit: rateLimit } = answer.headers;
    return { verdict: verdictIn(answer.statusCode, text), rateLimit: rateLimit?.toString() };
  }
}

function verdictIn(status: number, text: string): Verdict | 'UNAVAILABLE' {
  if (status === 503) return 'UNAVAILABLE';
  const { success, code } = JSON.parse(text);
  if (status === 200 && success === true) return 'ALLOWED';
  if (status === 200 && success === false && isVerdict(code)) return code;
  throw new Error(`the gateway answered ${status}: ${text}`);
}

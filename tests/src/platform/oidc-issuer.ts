import { createHash, generateKeyPairSync, randomBytes, sign } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Who signs in at the issuer, as its id token says. */
export interface Claims {
  sub: string;
  email?: string;
  email_verified?: boolean;
}

/** What a test lets the issuer do wrong. */
interface Faults {
  nonce?: string;
  audience?: string;
  issuer?: string;
  /** Signed by a key that it does not publish. */
  isForged?: true;
  status?: number;
}

interface Reply {
  status: number;
  body: object;
}

interface Grant {
  claims: Claims;
  nonce: string;
  challenge: string;
  redirectUri: string;
}

export const clientId = 'keyward-under-test';
export const clientSecret = 'secret of the client under test';

/** A small OpenID Connect issuer over http: discovery, JWKS, and a token endpoint that holds clients to PKCE and their secret. */
export class TestIssuer implements AsyncDisposable {
  readonly #server: Server;
  readonly #keys = generateKeyPairSync('rsa', { modulusLength: 2048 });
  readonly #otherKeys = generateKeyPairSync('rsa', { modulusLength: 2048 });
  readonly #grants = new Map<string, Grant>();
  faults: Faults = {};

  private constructor(server: Server) {
    this.#server = server;
    server.on('request', (request, response) => void this.#answer(request, response));
  }

  static async start(): Promise<TestIssuer> {
    const server = createServer();
    await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
    return new TestIssuer(server);
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`; // it listens on TCP
  }

  /** Somebody signs in on the page that a browser was sent to; answers where they are sent back to. */
  signIn(authorizationUrl: string, claims: Claims): string {
    const { searchParams: asked } = new URL(authorizationUrl);
    const needed = (name: string) => {
      const value = asked.get(name);
      if (value === null) throw new Error(`the issuer was not told ${name}`);
      return value;
    };
    if (needed('client_id') !== clientId || needed('response_type') !== 'code') throw new Error('not a client of ours');
    if (needed('code_challenge_method') !== 'S256') throw new Error('PKCE has to be S256');
    const [code, redirectUri] = [randomBytes(12).toString('hex'), needed('redirect_uri')];
    this.#grants.set(code, { claims, nonce: needed('nonce'), challenge: needed('code_challenge'), redirectUri });
    return `${redirectUri}?${new URLSearchParams({ code, state: needed('state'), session_state: 'of-the-issuer' })}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((closed) => this.#server.close(closed));
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const sent = new URLSearchParams(await textOf(request));
    const { status, body } = this.#answerTo(request.url ?? '', sent);
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  }

  #answerTo(path: string, sent: URLSearchParams): Reply {
    if (this.faults.status !== undefined) return { status: this.faults.status, body: {} };
    switch (path) {
      case '/.well-known/openid-configuration':
        return { status: 200, body: this.#metadata() };
      case '/jwks': {
        const key = this.#keys.publicKey.export({ format: 'jwk' });
        return { status: 200, body: { keys: [{ ...key, kid: '1', alg: 'RS256' }] } };
      }
      case '/token':
        return this.#redeem(sent);
      default:
        return { status: 404, body: {} };
    }
  }

  #metadata(): object {
    return {
      issuer: this.url,
      authorization_endpoint: `${this.url}/authorize`,
      token_endpoint: `${this.url}/token`,
      jwks_uri: `${this.url}/jwks`,
      response_types_supported: ['code'],
      subject_types_supported: ['public'],
      id_token_signing_alg_values_supported: ['RS256'],
    };
  }

  /** RFC 6749 §4.1.3 and RFC 7636 §4.6; each code works once. */
  #redeem(sent: URLSearchParams): Reply {
    const code = sent.get('code') ?? '';
    const grant = this.#grants.get(code);
    this.#grants.delete(code);
    const verifier = sent.get('code_verifier') ?? '';
    const challenge = createHash('sha256').update(verifier).digest('base64url');
    const isClient = sent.get('client_id') === clientId && sent.get('client_secret') === clientSecret;
    if (!isClient) return { status: 401, body: { error: 'invalid_client' } };
    if (!grant || challenge !== grant.challenge || sent.get('redirect_uri') !== grant.redirectUri)
      return { status: 400, body: { error: 'invalid_grant' } };
    const tokens = { access_token: 'of-no-use', token_type: 'Bearer', id_token: this.#idToken(grant) };
    return { status: 200, body: tokens };
  }

  #idToken({ claims, nonce }: Grant): string {
    const seconds = Math.floor(Date.now() / 1_000);
    const { faults } = this;
    const payload = {
      iss: faults.issuer ?? this.url,
      aud: faults.audience ?? clientId,
      iat: seconds,
      exp: seconds + 60,
      nonce: faults.nonce ?? nonce,
      ...claims,
    };
    const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
    const signed = `${part({ alg: 'RS256', kid: '1' })}.${part(payload)}`;
    const { privateKey } = faults.isForged ? this.#otherKeys : this.#keys;
    return `${signed}.${sign('sha256', Buffer.from(signed), privateKey).toString('base64url')}`;
  }
}

async function textOf(request: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of request) text += chunk;
  return text;
}

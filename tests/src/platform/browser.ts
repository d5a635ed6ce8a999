import { request } from 'undici';
import type { Answer } from './wire-client.ts';

interface BrowserOptions {
  /** The origin of the page that calls; admin-api's own unless it is said. */
  origin?: string;
  /** Headers of every call. */
  headers?: Record<string, string>;
}

interface CallOptions {
  body?: unknown;
  headers?: Record<string, string | undefined>;
}

/** A browser on a page of admin-api: it keeps cookies, and shows the token that `GET /session` gave it. */
export class Browser {
  readonly #url: string;
  readonly #headers: Record<string, string>;
  readonly cookies = new Map<string, string>();
  /** What each `Set-Cookie` of the last answer said. */
  lastSetCookies: string[] = [];
  csrfToken: string | undefined;

  constructor(url: string, { origin = url, headers = {} }: BrowserOptions = {}) {
    this.#url = url;
    this.#headers = { origin, ...headers };
  }

  /** What each call of it says of who makes it. */
  get headers(): Record<string, string> {
    const cookie = [...this.cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    return {
      ...this.#headers,
      ...(cookie === '' ? {} : { cookie }),
      ...(this.csrfToken === undefined ? {} : { 'x-csrf-token': this.csrfToken }),
    };
  }

  async call(method: string, path: string, { body, headers = {} }: CallOptions = {}): Promise<Answer> {
    const sent = {
      ...this.headers,
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...headers,
    };
    const answer = await request(new URL(path.startsWith('/api/') ? path : `/api/v1${path}`, this.#url), {
      method: method as 'GET', // whichever it is
      headers: Object.fromEntries(Object.entries(sent).filter(([, value]) => value !== undefined)),
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    this.#keep([answer.headers['set-cookie'] ?? []].flat());
    const text = await answer.body.text();
    return {
      status: answer.statusCode,
      headers: new Headers(answer.headers as Record<string, string>), // of one value each, but for the cookies
      body: text === '' ? undefined : JSON.parse(text),
    };
  }

  /** Signs in, and remembers the token as a page would. */
  async signIn(email: string, password: string): Promise<Answer> {
    const answer = await this.call('POST', '/session', { body: { email, password } });
    if (answer.status === 201) this.csrfToken = answer.body.csrfToken;
    return answer;
  }

  #keep(setCookies: string[]): void {
    this.lastSetCookies = setCookies;
    for (const line of setCookies) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
      if (/max-age=0(;|$)/i.test(line)) this.cookies.delete(name);
      else this.cookies.set(name, value);
    }
  }
}

import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

export interface ReceivedWebhook {
  id: string;
  path: string;
  headers: IncomingHttpHeaders;
  body: string;
}

/** A server that webhooks are sent to: keeps what came, and answers as the test wants it. */
export class WebhookReceiver implements AsyncDisposable {
  readonly received: ReceivedWebhook[] = [];
  /** 204 unless the test says otherwise. */
  answer: (response: ServerResponse, webhook: ReceivedWebhook) => unknown = (response) => response.writeHead(204).end();
  readonly #server: Server;
  #port = 0;

  private constructor() {
    this.#server = createServer((request, response) => void this.#receive(request, response));
  }

  static async start(): Promise<WebhookReceiver> {
    const receiver = new WebhookReceiver();
    await receiver.open();
    return receiver;
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}/hook`;
  }

  /** Listens, again where it did before. */
  async open(): Promise<void> {
    await new Promise<void>((listening) => this.#server.listen(this.#port, '127.0.0.1', listening));
    this.#port = (this.#server.address() as AddressInfo).port; // listening on TCP
  }

  /** Nobody listens there until it is opened again. */
  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((closed) => this.#server.close(closed));
  }

  ids(): string[] {
    return this.received.map(({ id }) => id);
  }

  types(): string[] {
    return this.received.map(({ body }) => JSON.parse(body).type);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#server.listening) await this.close();
  }

  async #receive(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { headers, url = '' } = request;
    const webhook = { id: String(headers['webhook-id']), path: url, headers, body: await text(request) };
    this.received.push(webhook);
    this.answer(response, webhook);
  }
}

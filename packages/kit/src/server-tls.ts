import type { ServerOptions, Server as TlsServer } from 'node:https';
import type { TLSSocket } from 'node:tls';
import { internalHeaders } from '@keyward/contract/internal-headers';
import { systemClock } from './clock.ts';
import type { Logger } from './logger.ts';
import { occasionalWarning } from './occasional-log.ts';
import { TlsFiles } from './tls-files.ts';

/** Paths of PEM files. */
export interface ServerTlsPaths {
  cert: string;
  key: string;
  /** Who vouches for the services of this installation; undefined: the service token alone tells that a call is theirs. */
  clientCa?: string | undefined;
}

const pollMs = 1_000;

/**
 * TLS of a service's own port. A certificate is asked of every client and demanded of none: kubelet's probes and browsers have none. Where
 * `clientCa` is set, a service token counts on a connection that showed one of ours, and on any other it is one that nobody knows.
 */
export class ServerTls implements Disposable {
  readonly #files: TlsFiles;
  readonly #wantsCertificates: boolean;
  readonly #logger: Logger;
  #timer: NodeJS.Timeout | undefined;

  /** @throws Error that names the variable at fault. */
  constructor({ cert, key, clientCa }: ServerTlsPaths, logger: Logger) {
    this.#logger = logger;
    this.#wantsCertificates = clientCa !== undefined;
    this.#files = new TlsFiles({
      identity: { cert: { name: 'TLS_CERT_FILE', path: cert }, key: { name: 'TLS_KEY_FILE', path: key } },
      ca: clientCa === undefined ? undefined : { name: 'TLS_CLIENT_CA_FILE', path: clientCa },
    }).tellTo(logger);
  }

  get options(): ServerOptions {
    return { ...this.#files.texts, requestCert: this.#wantsCertificates, rejectUnauthorized: false };
  }

  /** Keeps to what stands in the files, and looks at certificates. Before any route sees a request. */
  attach(server: TlsServer): void {
    if (this.#wantsCertificates) this.#dropForeignTokens(server);
    this.#timer = setInterval(() => this.#reload(server), pollMs).unref();
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }

  #reload(server: TlsServer): void {
    if (!this.#files.refresh()) return;
    server.setSecureContext(this.#files.texts);
    this.#logger.info('the TLS files were reloaded');
  }

  #dropForeignTokens(server: TlsServer): void {
    const ours = new WeakSet<object>();
    const warn = occasionalWarning({
      logger: this.#logger,
      clock: systemClock,
      message: 'a service token came without a certificate of this installation, and does not count',
    });
    server.on('secureConnection', (socket: TLSSocket) => {
      // OpenSSL finds nothing wrong with a resumed session that never had a certificate.
      if (socket.authorized && socket.getPeerX509Certificate() !== undefined) ours.add(socket);
    });
    server.prependListener('request', ({ headers, socket }) => {
      if (headers[internalHeaders.serviceToken] === undefined || ours.has(socket)) return;
      headers[internalHeaders.serviceToken] = '';
      const { authorizationError } = socket as TLSSocket; // a server of TLS has no others
      warn(authorizationError ?? new Error('no certificate was shown'));
    });
  }
}

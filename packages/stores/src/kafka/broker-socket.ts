import { connect, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { TlsFiles } from '@keyward/kit/tls-files';

interface BrokerSocketOptions {
  host: string;
  port: number;
  tls: TlsFiles | undefined;
  onConnect?: () => void;
  signal?: AbortSignal;
}

/** A connection to a broker. What is written to it waits until it is there, and until the broker has proved who it is. */
export function brokerSocket({ host, port, tls, onConnect, signal }: BrokerSocketOptions): Socket {
  const kept = { noDelay: true, keepAlive: true, keepAliveInitialDelay: 60_000 };
  const socket = tls
    ? connectTls({ host, port, ...kept, secureContext: tls.secureContext, servername: serverNameOf(host) })
    : connect({ host, port, ...kept });
  if (onConnect) socket.once(tls ? 'secureConnect' : 'connect', onConnect);
  const abort = () => socket.destroy(signal?.reason instanceof Error ? signal.reason : undefined);
  signal?.addEventListener('abort', abort, { once: true });
  socket.once('close', () => signal?.removeEventListener('abort', abort));
  return socket;
}

/** An address is not told as the server's name (RFC 6066 §3); the certificate is compared with it all the same. */
const serverNameOf = (host: string) => (/^[\d.]+$|:/.test(host) ? '' : host);

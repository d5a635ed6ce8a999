import { X509Certificate } from 'node:crypto';
import { connect, isIP, type Socket } from 'node:net';
import { connect as connectTls, createSecureContext, type SecureContext } from 'node:tls';

/** Where connections lead. */
export interface Destination {
  /** A name or an address, IPv6 without brackets. */
  host: string;
  port: number;
  /** Whom to trust; without it, there is no TLS. */
  tls?: SecureContext;
}

/**
 * A socket that is about to connect; what is written to it until then is sent in one piece when it has. What comes is handed to `take`,
 * in bytes that are its own only until it returns.
 */
export function openSocket({ host, port, tls }: Destination, take: (bytes: Buffer) => void): Socket {
  const onread = { buffer: received, callback: (count: number) => takeReceived(take, count) };
  const to = { host, port, onread };
  const socket = tls ? connectTls({ ...to, ...secured(host, tls) }) : connect(to);
  // Runtimes that do not know `onread` emit what comes.
  return socket.setNoDelay(true).on('data', take);
}

/** One for all sockets, since each is read to its end before the next: a buffer for each read costs more than the read. */
const received: Buffer = Buffer.alloc(64 * 1_024);

/** true: go on reading. */
function takeReceived(take: (bytes: Buffer) => void, count: number): boolean {
  take(received.subarray(0, count));
  return true;
}

/** @throws {Error} when `ca` has no certificates: here, rather than at each connection */
export function destinationOf({ protocol, hostname, port }: URL, ca?: string): Destination {
  const host = hostname.replace(/^\[|\]$/g, '');
  if (protocol === 'http:') return { host, port: Number(port || 80) };
  // Node takes a text without certificates, and then trusts nobody.
  if (ca !== undefined) new X509Certificate(ca);
  return { host, port: Number(port || 443), tls: createSecureContext(ca === undefined ? {} : { ca }) };
}

function secured(host: string, secureContext: SecureContext) {
  return {
    secureContext,
    ALPNProtocols: ['http/1.1'],
    // Whatever NODE_TLS_REJECT_UNAUTHORIZED says: what goes over this connection opens doors.
    rejectUnauthorized: true,
    // "Literal IPv4 and IPv6 addresses are not permitted in HostName", RFC 6066, 3.
    ...(isIP(host) === 0 ? { servername: host } : {}),
  };
}

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

/** A socket that is about to connect; what is written to it until then is sent in one piece when it has. */
export function openSocket({ host, port, tls }: Destination): Socket {
  const socket = tls ? connectTls({ host, port, ...secured(host, tls) }) : connect({ host, port });
  return socket.setNoDelay(true);
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

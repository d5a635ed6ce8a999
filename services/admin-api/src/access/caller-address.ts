import type { IncomingHttpHeaders } from 'node:http';
import { callerIp } from '@keyward/decision/caller-ip';
import type { IpAddress } from '@keyward/decision/ip-address';
import type { AccountPolicy } from '../accounts/account-policy.ts';

interface Connection {
  headers: IncomingHttpHeaders;
  /** The address of the socket. */
  ip: string;
}

/**
 * Where a management call comes from; undefined when it cannot be told. Proxies that we were told of are believed, and the
 * gateway is, which shows the service token: it appends whom it was asked by to X-Forwarded-For.
 */
export function callerAddress(
  { isServiceCall, trustedProxies }: AccountPolicy,
  { headers, ip }: Connection,
): IpAddress | undefined {
  const chain = String(headers['x-forwarded-for'] ?? '').split(',');
  const peer = isServiceCall(headers) ? (chain.pop() ?? '').trim() : ip;
  return callerIp({ 'x-forwarded-for': chain.join(',') }, peer, { hops: 0, trustedProxies });
}

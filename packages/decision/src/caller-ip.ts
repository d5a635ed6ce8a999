import { type IpAddress, parseForwardedIp, parseIp } from './ip-address.ts';
import type { IpRanges } from './ip-ranges.ts';
import { type HeaderValues, headerValue } from './presented-key.ts';

export interface ProxySettings {
  /** How many proxies stand before an application whose SDK does not send the socket's address. */
  hops: number;
  /** Addresses that may be proxies, for SDKs that do send it. */
  trustedProxies: IpRanges;
}

/**
 * The address of the application's caller (wire.md §2.6); undefined when it cannot be told.
 *
 * With the socket's address: that one, unless it is a trusted proxy's; then X-Forwarded-For is walked from the right over
 * trusted ones. Without: the entry of X-Forwarded-For that the outermost of `hops` proxies added, else X-Real-IP; with no
 * proxy in front (`hops` 0) every header is the caller's own word, and none is believed.
 */
export function callerIp(
  headers: HeaderValues,
  remoteAddress: string | undefined,
  proxies: ProxySettings,
): IpAddress | undefined {
  const chain = forwardedChain(headers);
  if (remoteAddress !== undefined) return fromSocket(parseIp(remoteAddress), chain, proxies.trustedProxies);
  if (proxies.hops === 0) return undefined;
  if (chain.length > 0) return chain.at(-proxies.hops);
  return parseForwardedIp(headerValue(headers, 'x-real-ip') ?? '');
}

function fromSocket(
  socket: IpAddress | undefined,
  chain: readonly (IpAddress | undefined)[],
  trusted: IpRanges,
): IpAddress | undefined {
  let caller = socket;
  for (let i = chain.length - 1; i >= 0 && caller !== undefined && trusted.includes(caller); i -= 1) caller = chain[i];
  return caller;
}

/** Several headers of one name are one list (RFC 9110 §5.3). An entry that is no address stays, as undefined. */
function forwardedChain(headers: HeaderValues): (IpAddress | undefined)[] {
  const values = Object.entries(headers)
    .filter(([name]) => name.toLowerCase() === 'x-forwarded-for')
    .flatMap(([, value]) => value);
  return values
    .flatMap((value) => value.split(','))
    .filter((entry) => entry.trim() !== '')
    .map(parseForwardedIp);
}

import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';

/**
 * Why `text` is no rule of an IP list, or undefined when it is one: an IPv4 or IPv6 address or a CIDR without host
 * bits, no zone id (wire.md §2.6).
 */
export function ipRuleFault(text: string): string | undefined {
  const [address = '', bits, ...rest] = text.split('/');
  if (address.includes('%')) return 'must not have a zone id';
  const family = isIP(address);
  if (family === 0 || rest.length > 0) return 'must be an IPv4 or IPv6 address, or a CIDR';
  if (bits === undefined) return undefined;
  if (!/^(0|[1-9]\d{0,2})$/.test(bits) || Number(bits) > (family === 4 ? 32 : 128))
    return 'must have a prefix length of its family';
  const network = family === 4 ? ipaddr.IPv4.networkAddressFromCIDR(text) : ipaddr.IPv6.networkAddressFromCIDR(text);
  const given = ipaddr.parse(address).toByteArray();
  return network.toByteArray().every((byte, i) => byte === given[i]) ? undefined : 'must not have host bits set';
}

import { type IpAddress, isIpv4, parseIp } from './ip-address.ts';

/** The addresses from `first` to `last`, both included, of one family. */
export interface IpRange {
  first: IpAddress;
  last: IpAddress;
}

/** Reads an address or a CIDR; undefined for anything else. Host bits of a CIDR are taken for zero. */
export function parseIpRange(rule: string): IpRange | undefined {
  const { text, bits } = splitRule(rule);
  const address = parseIp(text);
  if (address === undefined) return undefined;
  if (bits === undefined) return { first: address, last: address };
  const prefix = prefixLength(text, address, bits);
  return prefix === undefined
    ? undefined
    : { first: withHostBits(address, prefix, 0), last: withHostBits(address, prefix, 1) };
}

/**
 * Why `rule` may not stand in an IP list, or undefined when it may: IPv4, IPv6 or CIDR, no zone id, no host bits in a CIDR
 * (wire.md §2.6).
 */
export function ipRuleFault(rule: string): string | undefined {
  const { text, bits } = splitRule(rule);
  if (text.includes('%')) return 'must not have a zone id';
  const address = parseIp(text);
  if (address === undefined) return 'must be an IPv4 or IPv6 address, or a CIDR';
  if (bits === undefined) return undefined;
  const prefix = prefixLength(text, address, bits);
  if (prefix === undefined) return 'must have a prefix length of its family';
  return withHostBits(address, prefix, 0) === address ? undefined : 'must not have host bits set';
}

function splitRule(rule: string): { text: string; bits: string | undefined } {
  const slash = rule.indexOf('/');
  return slash < 0 ? { text: rule, bits: undefined } : { text: rule.slice(0, slash), bits: rule.slice(slash + 1) };
}

/** In bits of the address as it is kept: of a mapped CIDR, 96 fewer than it says. */
function prefixLength(text: string, address: IpAddress, bits: string): number | undefined {
  if (!/^(0|[1-9]\d{0,2})$/.test(bits)) return undefined;
  const prefix = Number(bits) - (text.includes(':') && isIpv4(address) ? 96 : 0);
  return prefix >= 0 && prefix <= address.length * 16 ? prefix : undefined;
}

/** The address with every bit after the prefix cleared (0) or set (1). */
function withHostBits(address: IpAddress, prefix: number, bit: 0 | 1): IpAddress {
  const groups = Array.from(address, (_, i) => {
    const host = 2 ** (16 - Math.min(16, Math.max(0, prefix - 16 * i))) - 1;
    const group = address.charCodeAt(i);
    return bit === 1 ? group | host : group & ~host & 0xffff;
  });
  return String.fromCharCode(...groups);
}

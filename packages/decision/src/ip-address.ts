import { isIPv4, isIPv6 } from 'node:net';

/**
 * An IP address as its 16-bit groups in a string, two for IPv4 and eight for IPv6, so that addresses of one family
 * compare as strings do. IPv4-mapped IPv6 (`::ffff:a.b.c.d`) is IPv4 (wire.md §2.6).
 */
export type IpAddress = string;

const mappedPrefix = '\0\0\0\0\0\uffff';

/** Reads an address; undefined for anything else, zone ids included. */
export function parseIp(text: string): IpAddress | undefined {
  if (isIPv4(text)) return parseIpv4(text);
  if (!isIPv6(text) || text.includes('%')) return undefined;
  const address = parseIpv6(text);
  return address.startsWith(mappedPrefix) ? address.slice(6) : address;
}

/** Reads an address as proxies write it into X-Forwarded-For: perhaps with a port, IPv6 then in brackets. */
export function parseForwardedIp(text: string): IpAddress | undefined {
  const trimmed = text.trim();
  const bracketed = /^\[([^\]]*)\](:\d{1,5})?$/.exec(trimmed);
  if (bracketed) return parseIp(bracketed[1] ?? '');
  return parseIp(/^[\d.]+:\d{1,5}$/.test(trimmed) ? trimmed.slice(0, trimmed.indexOf(':')) : trimmed);
}

export function isIpv4(address: IpAddress): boolean {
  return address.length === 2;
}

/** The address in its shortest usual form, to show and to record. */
export function printIp(address: IpAddress): string {
  if (isIpv4(address)) return `${octets(address.charCodeAt(0))}.${octets(address.charCodeAt(1))}`;
  return compressZeros(Array.from(address, (_, i) => address.charCodeAt(i).toString(16)));
}

function octets(group: number): string {
  return `${group >> 8}.${group & 0xff}`;
}

/** Digit by digit: this runs for every request of a client with an IP list. */
function parseIpv4(text: string): IpAddress {
  let value = 0;
  let octet = 0;
  for (let i = 0; i < text.length; i += 1) {
    const digit = text.charCodeAt(i) - 48;
    if (digit >= 0) {
      octet = octet * 10 + digit;
    } else {
      value = value * 256 + octet;
      octet = 0;
    }
  }
  value = value * 256 + octet;
  return String.fromCharCode(value >>> 16, value & 0xffff);
}

function parseIpv6(text: string): IpAddress {
  const [head = '', tail] = text.split('::');
  const before = readGroups(head);
  const after = tail === undefined ? [] : readGroups(tail);
  const zeros = Array.from({ length: 8 - before.length - after.length }, () => 0);
  return String.fromCharCode(...before, ...(tail === undefined ? [] : zeros), ...after);
}

/** The groups of one side of `::`; the last may be a dotted IPv4 address. */
function readGroups(text: string): number[] {
  if (text === '') return [];
  return text.split(':').flatMap((group) => {
    if (!group.includes('.')) return [Number.parseInt(group, 16)];
    const [a = 0, b = 0, c = 0, d = 0] = group.split('.').map(Number);
    return [a * 256 + b, c * 256 + d];
  });
}

/** RFC 5952 §4.2: the longest run of two or more zero groups, the first of several, becomes `::`. */
function compressZeros(groups: string[]): string {
  const runs = [...groups.join(':').matchAll(/(?<![^:])0(:0)+(?![^:])/g)];
  const longest = runs.reduce((best, run) => (run[0].length > (best?.[0].length ?? 0) ? run : best), runs[0]);
  if (!longest) return groups.join(':');
  const text = groups.join(':');
  const before = text.slice(0, longest.index).replace(/:$/, '');
  const after = text.slice(longest.index + longest[0].length).replace(/^:/, '');
  return `${before}::${after}`;
}

import { BlockList, isIP } from 'node:net';

/** Whom this installation may call: by what the URL says, and by the address that its host turns out to have. */
export interface OutboundRules {
  /** Why `url` may not be called, whatever address its host has; undefined: that is for the address to say. */
  urlFault(url: string): string | undefined;
  /** May this host be called at this address? */
  allows(host: string, address: string): boolean;
}

interface Exceptions {
  /** Host names or addresses, separated by commas: they may be called without TLS, and wherever they are. */
  allowedHosts?: string | undefined;
  /** CIDRs, separated by commas. */
  allowedRanges?: string | undefined;
}

/**
 * What is not reachable from everywhere (the registries of RFC 6890), multicast, and Azure's wire server, which hands out
 * credentials at a public address. Other clouds' metadata services are link-local, CGNAT or unique local.
 */
const refusedIpv4 = [
  '0.0.0.0/8',
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '168.63.129.16/32',
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.0.0.0/24',
  '192.0.2.0/24',
  '192.88.99.0/24',
  '192.168.0.0/16',
  '198.18.0.0/15',
  '198.51.100.0/24',
  '203.0.113.0/24',
  '224.0.0.0/4',
  '240.0.0.0/4',
];
/** All but global unicast (2000::/3), so mapped, translated (NAT64) and unique local ones; of that, what embeds IPv4 or is for examples. */
const refusedIpv6 = ['::/3', '4000::/2', '8000::/1', '2001::/23', '2001:db8::/32', '2002::/16', '3fff::/20'];

/**
 * The rules of design.md §12 for calls to where users say. Throws when an exception is not a CIDR.
 */
export function outboundRules({ allowedHosts, allowedRanges }: Exceptions = {}): OutboundRules {
  const hosts = new Set(listed(allowedHosts).map(hostName));
  const refused = rangeCheck([...refusedIpv4, ...refusedIpv6]);
  const excepted = rangeCheck(listed(allowedRanges));
  const allows = (host: string, address: string) =>
    isIP(address) !== 0 && (hosts.has(hostName(host)) || excepted(address) || !refused(address));
  return {
    allows,
    urlFault(text) {
      const url = URL.parse(text);
      if (!url || (url.protocol !== 'https:' && url.protocol !== 'http:')) return 'must be an https URL';
      const host = hostName(url.hostname);
      if (url.protocol === 'http:' && !hosts.has(host)) return 'must be an https URL';
      if (url.username !== '' || url.password !== '') return 'must not hold a user name or password';
      if (url.hash !== '') return 'must not have a fragment';
      if (isIP(host) !== 0 && !allows(host, host)) return 'must not be at an address of a private or reserved range';
      return undefined;
    },
  };
}

/** As it is compared: in lower case, without the brackets of an IPv6 address or the dot of the root. */
export function hostName(text: string): string {
  return text.toLowerCase().replace(/^\[|\]$|\.$/g, '');
}

function listed(text = ''): string[] {
  return text.split(',').flatMap((item) => item.trim() || []);
}

/** Families are kept apart: a list that holds both would take an IPv4 address for its mapped form. */
function rangeCheck(ranges: readonly string[]): (address: string) => boolean {
  const lists = { 4: new BlockList(), 6: new BlockList() };
  for (const range of ranges) {
    const [first = '', bits = ''] = range.split('/');
    const family = isIP(first);
    if ((family !== 4 && family !== 6) || !/^\d{1,3}$/.test(bits))
      throw new Error('OUTBOUND_ALLOWED_RANGES has to be CIDRs, separated by commas');
    lists[family].addSubnet(first, Number(bits), family === 4 ? 'ipv4' : 'ipv6');
  }
  return (address) => (isIP(address) === 4 ? lists[4].check(address, 'ipv4') : lists[6].check(address, 'ipv6'));
}

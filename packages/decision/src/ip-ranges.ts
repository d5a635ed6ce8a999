import { type IpAddress, isIpv4 } from './ip-address.ts';
import { type IpRange, parseIpRange } from './ip-range.ts';

/** A list of addresses and CIDRs, made once and asked often: merged, sorted ranges and a binary search. */
export interface IpRanges {
  readonly isEmpty: boolean;
  includes(address: IpAddress): boolean;
  /** Every address of it is in one of these. */
  covers(range: IpRange): boolean;
}

/** Rules that are none are left out: what is stored was checked when it was stored (`ipRuleFault`). */
export function ipRanges(rules: readonly string[]): IpRanges {
  const ranges = rules.map(parseIpRange).filter((range) => range !== undefined);
  const ipv4 = merged(ranges.filter((range) => isIpv4(range.first)));
  const ipv6 = merged(ranges.filter((range) => !isIpv4(range.first)));
  const around = (address: IpAddress) => rangeAround(isIpv4(address) ? ipv4 : ipv6, address);
  return {
    isEmpty: rules.length === 0,
    includes: (address) => around(address) !== undefined,
    covers: ({ first, last }) => last <= (around(first)?.last ?? ''),
  };
}

const compiled = new WeakMap<readonly string[], IpRanges>();

/** The ranges of a record's list, compiled when it is first asked for: records are kept, and never changed in place. */
export function rangesOf(rules: readonly string[]): IpRanges {
  const known = compiled.get(rules);
  if (known) return known;
  const ranges = ipRanges(rules);
  compiled.set(rules, ranges);
  return ranges;
}

function merged(ranges: readonly IpRange[]): readonly IpRange[] {
  const sorted = ranges.toSorted((a, b) => (a.first < b.first ? -1 : 1));
  const result: IpRange[] = [];
  for (const range of sorted) {
    const previous = result.at(-1);
    if (!previous || range.first > previous.last) result.push({ ...range });
    else if (range.last > previous.last) previous.last = range.last;
  }
  return result;
}

function rangeAround(ranges: readonly IpRange[], address: IpAddress): IpRange | undefined {
  let low = 0;
  let high = ranges.length - 1;
  while (low <= high) {
    const middle = (low + high) >> 1;
    const range = ranges[middle];
    if (!range || address < range.first) high = middle - 1;
    else if (address > range.last) low = middle + 1;
    else return range;
  }
  return undefined;
}

import { privateRanges } from '@keyward/contract/settings';
import { expect, it } from 'vitest';
import { callerIp } from '../src/caller-ip.ts';
import { printIp } from '../src/ip-address.ts';
import { ipRanges } from '../src/ip-ranges.ts';

const trustedProxies = ipRanges(privateRanges);
const caller = (headers: Record<string, string | string[]>, hops: number, remoteAddress?: string) => {
  const address = callerIp(headers, remoteAddress, { hops, trustedProxies });
  return address === undefined ? undefined : printIp(address);
};

/** A caller at 203.0.113.9 forges whatever it likes on the left; each proxy appends the address that it sees. */
const forged = '10.0.0.1, 198.51.100.7';

it.each<[string, Record<string, string | string[]>, number, string | undefined, string | undefined]>([
  [
    'no proxy: every header is the caller’s own word',
    { 'x-forwarded-for': forged, 'x-real-ip': '10.0.0.1' },
    0,
    undefined,
    undefined,
  ],
  ['one proxy: what it appended', { 'X-Forwarded-For': `${forged}, 203.0.113.9` }, 1, undefined, '203.0.113.9'],
  [
    'two proxies: what the outer one appended',
    { 'x-forwarded-for': `${forged}, 203.0.113.9, 192.0.2.1` },
    2,
    undefined,
    '203.0.113.9',
  ],
  [
    'two proxies, but one entry: it did not come through both',
    { 'x-forwarded-for': '203.0.113.9' },
    2,
    undefined,
    undefined,
  ],
  ['several headers are one list', { 'x-forwarded-for': [forged, '203.0.113.9'] }, 1, undefined, '203.0.113.9'],
  ['an entry that is no address', { 'x-forwarded-for': '203.0.113.9, unknown' }, 1, undefined, undefined],
  [
    'an empty header, and X-Real-IP',
    { 'x-forwarded-for': '', 'x-real-ip': '203.0.113.9' },
    1,
    undefined,
    '203.0.113.9',
  ],
  [
    'X-Real-IP does not stand beside X-Forwarded-For',
    { 'x-forwarded-for': '203.0.113.9', 'x-real-ip': '10.0.0.1' },
    1,
    undefined,
    '203.0.113.9',
  ],
  ['nothing', {}, 1, undefined, undefined],
  [
    'the socket of the caller itself: headers are its own word',
    { 'x-forwarded-for': forged },
    1,
    '203.0.113.9',
    '203.0.113.9',
  ],
  ['the socket of a trusted proxy', { 'x-forwarded-for': `${forged}, 203.0.113.9` }, 0, '10.1.2.3', '203.0.113.9'],
  [
    'a chain of trusted proxies',
    { 'x-forwarded-for': `${forged}, 203.0.113.9, 192.168.1.1` },
    0,
    '::ffff:10.1.2.3',
    '203.0.113.9',
  ],
  ['trusted proxies all the way: the first of them', { 'x-forwarded-for': '10.9.9.9' }, 0, '10.1.2.3', '10.9.9.9'],
  ['a trusted proxy that says nothing', {}, 1, '10.1.2.3', '10.1.2.3'],
  [
    'a chain that breaks off before an untrusted one',
    { 'x-forwarded-for': '198.51.100.7, junk' },
    0,
    '10.1.2.3',
    undefined,
  ],
  ['a socket address that is none', { 'x-forwarded-for': '203.0.113.9' }, 1, 'unix:', undefined],
])('%s', (_, headers, hops, remoteAddress, expected) => {
  expect(caller(headers, hops, remoteAddress)).toBe(expected);
});

import { describe, expect, it, test } from 'vitest';
import { parseForwardedIp, parseIp, printIp } from '../src/ip-address.ts';
import { parseIpRange } from '../src/ip-range.ts';
import { ipRanges } from '../src/ip-ranges.ts';

const list = ipRanges([
  '203.0.113.1',
  '198.51.100.0/24',
  '10.0.0.0/9',
  '10.128.0.0/9',
  '192.0.2.128/25',
  '192.0.2.255',
  '0.0.0.0/32',
  '::ffff:172.16.0.0/108',
  '2001:db8::/32',
  '2001:db9::1',
  'fd00:1:2:3::/64',
  '::1',
  'fe80::/10',
]);

/** An address, and whether the list above holds it; undefined: it is no address. */
const table: [string, boolean | undefined][] = [
  ['203.0.113.1', true],
  ['203.0.113.0', false],
  ['203.0.113.2', false],
  ['::ffff:203.0.113.1', true],
  ['::ffff:203.0.113.2', false],
  ['::FFFF:CB00:7101', true],
  ['0:0:0:0:0:ffff:203.0.113.1', true],
  ['::203.0.113.1', false],
  ['64:ff9b::203.0.113.1', false],
  ['198.51.99.255', false],
  ['198.51.100.0', true],
  ['198.51.100.255', true],
  ['198.51.101.0', false],
  ['9.255.255.255', false],
  ['10.0.0.0', true],
  ['10.127.255.255', true],
  ['10.128.0.0', true],
  ['10.255.255.255', true],
  ['11.0.0.0', false],
  ['192.0.2.127', false],
  ['192.0.2.128', true],
  ['192.0.2.255', true],
  ['192.0.3.0', false],
  ['0.0.0.0', true],
  ['0.0.0.1', false],
  ['255.255.255.255', false],
  ['172.15.255.255', false],
  ['172.16.0.0', true],
  ['172.31.255.255', true],
  ['172.32.0.0', false],
  ['2001:db7:ffff:ffff:ffff:ffff:ffff:ffff', false],
  ['2001:db8::', true],
  ['2001:0DB8:0000::1', true],
  ['2001:db8:ffff:ffff:ffff:ffff:ffff:ffff', true],
  ['2001:db9::', false],
  ['2001:db9::1', true],
  ['2001:db9::2', false],
  ['fd00:1:2:3::', true],
  ['fd00:1:2:3:ffff:ffff:ffff:ffff', true],
  ['fd00:1:2:4::', false],
  ['fd00:1:2:2:ffff:ffff:ffff:ffff', false],
  ['::1', true],
  ['::', false],
  ['::2', false],
  ['fe7f:ffff::', false],
  ['fe80::1', true],
  ['febf::1', true],
  ['fec0::1', false],
  ['fe80::1%eth0', undefined],
  ['203.0.113', undefined],
  ['203.0.113.1.1', undefined],
  ['203.0.113.256', undefined],
  ['203.0.113.01', undefined],
  ['0xcb007101', undefined],
  ['3405803777', undefined],
  [' 203.0.113.1', undefined],
  ['203.0.113.1/32', undefined],
  ['2001:db8::1::', undefined],
  ['2001:db8:12345::', undefined],
  ['1:2:3:4:5:6:7', undefined],
  ['', undefined],
  ['localhost', undefined],
];

test('the table has 60 addresses and more', () => {
  expect(new Set(table.map(([text]) => text)).size).toBeGreaterThanOrEqual(60);
});

it.each(table)('%s is on the list: %s', (text, expected) => {
  const address = parseIp(text);
  expect(address === undefined ? undefined : list.includes(address)).toBe(expected);
});

describe('a list', () => {
  it('that is empty holds nothing and says that it is empty', () => {
    const none = ipRanges([]);
    expect([none.isEmpty, none.includes(parseIp('10.0.0.1') ?? '')]).toEqual([true, false]);
  });

  it('of everything holds everything of its family', () => {
    expect(ipRanges(['0.0.0.0/0']).includes(parseIp('255.1.2.3') ?? '')).toBe(true);
    expect(ipRanges(['0.0.0.0/0']).includes(parseIp('::1') ?? '')).toBe(false);
    expect(ipRanges(['::/0']).includes(parseIp('ffff::1') ?? '')).toBe(true);
    expect(ipRanges(['::/0']).includes(parseIp('1.2.3.4') ?? '')).toBe(false);
  });

  it('agrees with a check rule by rule on random lists and addresses', () => {
    let state = 7;
    const draw = (below: number) => {
      state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
      return state % below;
    };
    for (let round = 0; round < 50; round += 1) {
      const blocks = Array.from({ length: 40 }, () => {
        const bits = 20 + draw(13);
        const size = 2 ** (32 - bits);
        const start = Math.floor((0x0a00_0000 + draw(65_536)) / size) * size;
        return { bits, start, end: start + size - 1 };
      });
      const dotted = (value: number) => [24, 16, 8, 0].map((shift) => Math.floor(value / 2 ** shift) % 256).join('.');
      const ranges = ipRanges(blocks.map(({ start, bits }) => `${dotted(start)}/${bits}`));
      for (let i = 0; i < 200; i += 1) {
        const value = 0x0a00_0000 + draw(70_000);
        const expected = blocks.some(({ start, end }) => start <= value && value <= end);
        expect([dotted(value), ranges.includes(parseIp(dotted(value)) ?? '')]).toEqual([dotted(value), expected]);
      }
    }
  });
});

it.each([
  ['203.0.113.7', '203.0.113.7'],
  [' 203.0.113.7:8080 ', '203.0.113.7'],
  ['[2001:DB8::0:1]:443', '2001:db8::1'],
  ['[2001:db8::1]', '2001:db8::1'],
  ['2001:db8:0:0:1:0:0:1', '2001:db8::1:0:0:1'],
  ['::ffff:192.0.2.1', '192.0.2.1'],
  ['::', '::'],
  ['1:0:0:2:0:0:0:3', '1:0:0:2::3'],
  ['unknown', undefined],
  ['_hidden', undefined],
  ['203.0.113.7:', undefined],
])('a proxy’s %j is read as %s', (text, expected) => {
  const address = parseForwardedIp(text);
  expect(address === undefined ? undefined : printIp(address)).toBe(expected);
});

test.each([
  ['198.51.100.0/24', true],
  ['198.51.100.128/25', true],
  ['198.51.100.7', true],
  ['198.51.100.0/23', false],
  ['198.51.0.0/16', false],
  ['192.0.2.0/24', false],
  ['203.0.113.2', false],
  ['0.0.0.0/0', false],
  ['2001:db8:1::/48', true],
  ['2001:db8::/31', false],
  ['::/0', false],
  ['::ffff:198.51.100.0/120', true],
])('a list covers %s: %s', (rule, expected) => {
  const range = parseIpRange(rule);
  expect(range && list.covers(range)).toBe(expected);
});

import { parseIp } from '@keyward/decision/ip-address';
import { ipRanges as rangesFrom } from '@keyward/decision/ip-ranges';
import { type Task, turning } from './task.ts';

const ranges = rangesFrom(Array.from({ length: 10_000 }, (_, i) => `10.${i >> 8}.${i & 255}.0/25`));
const few = rangesFrom(['10.0.0.0/24', '203.0.113.0/24', '2001:db8::/32']);
const texts = Array.from({ length: 1_024 }, (_, i) => `10.${(i * 7) % 40}.${(i * 13) % 256}.${(i * 29) % 256}`);
const text = turning(texts);
const address = turning(texts.map((each) => parseIp(each)));

export const ipRanges: readonly Task[] = [
  { name: 'address among 3 rules', call: (i) => few.includes(address(i) ?? '') },
  { name: 'address among 10,000 rules', call: (i) => ranges.includes(address(i) ?? '') },
  { name: 'the same, read from text', call: (i) => ranges.includes(parseIp(text(i)) ?? '') },
  { name: 'address from text, IPv6', call: () => parseIp('2001:db8:0:1::7') },
];

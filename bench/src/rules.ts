/**
 * What the rules cost that grow with what is configured, µs for one look-up (median of several rounds, one core):
 * `node_modules/node/bin/node bench/src/rules.ts`.
 */
import { defaultSettings } from '@keyward/contract/settings';
import { endpointRules } from '@keyward/decision/endpoint-rules';
import { parseIp } from '@keyward/decision/ip-address';
import { ipRanges } from '@keyward/decision/ip-ranges';
import { systemClock } from '@keyward/kit/clock';

const rounds = 15;
const callsPerRound = 200_000;

const rules = Array.from({ length: 10_000 }, (_, i) => `10.${i >> 8}.${i & 255}.0/25`);
const texts = Array.from({ length: 1_024 }, (_, i) => `10.${(i * 7) % 40}.${(i * 13) % 256}.${(i * 29) % 256}`);
const addresses = texts.map((text) => parseIp(text)).filter((address) => address !== undefined);
const ranges = ipRanges(rules);
const endpoints = Array.from({ length: 1_000 }, (_, i) => ({
  method: 'GET',
  path: `/service-${i % 50}/resource-${i}/{id}`,
  enabled: true,
  requiredScopes: ['read:all'],
}));
const matcher = endpointRules({ endpoints, settings: defaultSettings });

let found = 0;
const looked: [string, (i: number) => unknown][] = [
  ['address among 10,000 IP rules', (i) => ranges.includes(addresses[i % addresses.length] ?? '')],
  ['the same, read from text', (i) => ranges.includes(parseIp(texts[i % texts.length] ?? '') ?? '')],
  ['endpoint among 1,000 with rules', (i) => matcher.find(`GET:/service-${i % 50}/resource-${i % 1_000}/7?q=1`)],
];

for (const [name, look] of looked) {
  const perCallUs = Array.from({ length: rounds }, () => {
    const startedMs = systemClock.monotonicMs();
    for (let i = 0; i < callsPerRound; i += 1) if (look(i)) found += 1;
    return ((systemClock.monotonicMs() - startedMs) * 1_000) / callsPerRound;
  });
  const median = perCallUs.sort((a, b) => a - b)[rounds >> 1] ?? 0;
  process.stdout.write(`${name.padEnd(34)} ${median.toFixed(2)} µs\n`);
}
if (found === 0) throw new Error('nothing was found: this measured the wrong thing');

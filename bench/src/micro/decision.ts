import type { EnvironmentRecord, KeyRecord } from '@keyward/contract/projection';
import { defaultSettings } from '@keyward/contract/settings';
import { callerIp } from '@keyward/decision/caller-ip';
import { decide } from '@keyward/decision/decide';
import { endpointRules } from '@keyward/decision/endpoint-rules';
import { parseIp } from '@keyward/decision/ip-address';
import { ipRanges } from '@keyward/decision/ip-ranges';
import { admit } from '@keyward/decision/limits';
import { presentedKey } from '@keyward/decision/presented-key';
import { systemClock } from '@keyward/kit/clock';
import { type Task, turning } from './task.ts';

const nowMs = systemClock.nowMs();
const clientIps = ['198.51.100.0/24', '203.0.113.0/24', '2001:db8::/32'];
const key: KeyRecord = {
  ...{ version: 1, keyId: 'k', clientId: 'c', familyId: 'k', status: 'active', clientStatus: 'active' },
  ...{ clientIps, keyIps: [], scopes: ['read:*'], limits: {} },
};
const endpoints = Array.from({ length: 1_000 }, (_, i) => ({
  ...{ method: 'GET', path: `/service-${i % 50}/resource-${i}/{id}`, enabled: true, requiredScopes: ['read:all'] },
}));
const environment: EnvironmentRecord = {
  ...{ version: 1, environmentId: 'e', projectEnv: 'p', status: 'active', settings: defaultSettings },
  ...{ templates: {}, endpoints: [], requestKeys: [], signingSecrets: [] },
};
const withEndpoints = { ...environment, endpoints };
const facts = { clientId: 'self', nowMs, callerIp: parseIp('203.0.113.9'), signature: undefined };
const matcher = endpointRules({ endpoints, settings: defaultSettings });
const proxies = { hops: 1, trustedProxies: ipRanges(defaultSettings.trustedProxies) };
const headers = { authorization: 'Bearer k', 'user-agent': 'bench/1.0', 'x-forwarded-for': '203.0.113.9' };
const paths = turning(endpoints.map(({ path }) => `GET:${path.replace('{id}', '7')}?q=1`));
const limits = { hour: 1_000_000, day: 1_000_000, week: 1_000_000, month: 1_000_000 };

export const decision: readonly Task[] = [
  {
    name: 'all rules, IP rules and scopes',
    call: () => decide({ ...facts, key, environment, methodPath: 'GET:/users' }),
  },
  {
    name: 'all rules, 1,000 endpoints with rules',
    call: (i) => decide({ ...facts, key, environment: withEndpoints, methodPath: paths(i) }),
  },
  { name: 'endpoint among 1,000 with rules', call: (i) => matcher.find(paths(i)) },
  { name: 'limits in four windows', call: () => admit([{ subject: 'client', totals: undefined, limits }], 1, nowMs) },
  { name: 'key among the headers', call: () => presentedKey(headers) },
  { name: 'address of the caller', call: () => callerIp(headers, '10.0.0.1', proxies) },
];

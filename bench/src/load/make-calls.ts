import { systemClock } from '@keyward/kit/clock';
import type { Call } from './call.ts';
import type { CallPlan } from './call-plan.ts';
import { sealer } from './sealer.ts';

const basePath = '/api/v1';
const methodPath = 'GET:/bench/items';
const paths = { validate: `/client/self?method_path=${methodPath}`, verify: '/key/verify' };
const userAgent = 'bench/1.0 (Linux; x86_64)';

/** Calls as our SDK sends them, sealed now: they are good for five minutes. */
export function makeCalls(plan: CallPlan, count: number): Call[] {
  const path = paths[plan.asks];
  const seal = sealer(plan.carrier, plan.recipient);
  const headers = {
    'content-type': 'application/json',
    accept: 'application/json',
    'x-api-key': plan.serverKey,
    'user-agent': 'keyward-js/0.1.0',
    ...(seal ? { 'x-apikee-encrypted': '1' } : {}),
  };
  return Array.from({ length: count }, (_, i) => {
    const text = textOf(plan, plan.keys[i % plan.keys.length] ?? '');
    return { path: basePath + path, headers, body: seal ? seal(i, { text, path }) : text };
  });
}

function textOf({ asks, carrier, ip }: CallPlan, key: string): string {
  if (asks === 'verify') return JSON.stringify({ key, ip, methodPath, userAgent });
  return JSON.stringify({
    // In version 2 the envelope says it.
    ...(carrier === 'plain' || carrier === 'session-v1' ? { timestamp: nowText() } : {}),
    headers: { authorization: `Bearer ${key}`, 'user-agent': userAgent },
    remoteAddress: ip,
    tellKey: true,
  });
}

function nowText(): string {
  return new Date(systemClock.nowMs()).toISOString();
}

import { sealRequestV2 } from '@keyward/envelope/v2/seal';
import { openSessionV2, type SessionV2 } from '@keyward/envelope/v2/session';
import { printEnvelopeV2 } from '@keyward/envelope/v2/wire';
import { systemClock } from '@keyward/kit/clock';
import type { Call } from './call.ts';
import type { CallPlan, Recipient } from './call-plan.ts';

const basePath = '/api/v1';
const validatePath = '/client/self?method_path=GET:/bench/items';
const verifyPath = '/key/verify';
const userAgent = 'bench/1.0 (Linux; x86_64)';

/** As many applications as reuse a session at a time. */
const sessionCount = 16;

/** Calls as our SDK sends them, sealed now: they are good for five minutes. */
export function makeCalls(plan: CallPlan, count: number): Call[] {
  const path = plan.asks === 'verify' ? verifyPath : validatePath;
  const session = sessionsOf(plan);
  const headers = {
    'content-type': 'application/json',
    accept: 'application/json',
    'x-api-key': plan.serverKey,
    'user-agent': 'keyward-js/0.1.0',
    ...(plan.carrier === 'plain' ? {} : { 'x-apikee-encrypted': '1' }),
  };
  return Array.from({ length: count }, (_, i) => {
    const key = plan.keys[i % plan.keys.length] ?? '';
    const ts = new Date(systemClock.nowMs()).toISOString();
    if (plan.carrier === 'plain') return { path: basePath + path, headers, body: textOf(plan, key, ts) };
    const envelope = sealRequestV2({ session: session(i), ts, plaintext: textOf(plan, key), method: 'POST', path });
    return { path: basePath + path, headers, body: printEnvelopeV2(envelope) };
  });
}

function textOf({ asks, ip }: CallPlan, key: string, timestamp?: string): string {
  if (asks === 'verify') return JSON.stringify({ key, ip, methodPath: 'GET:/bench/items', userAgent });
  return JSON.stringify({
    timestamp,
    headers: { authorization: `Bearer ${key}`, 'user-agent': userAgent },
    remoteAddress: ip,
    tellKey: true,
  });
}

function sessionsOf({ carrier, recipient }: CallPlan): (i: number) => SessionV2 {
  if (carrier === 'fresh-session') return () => newSession(recipient);
  const sessions = Array.from({ length: sessionCount }, () => newSession(recipient));
  return (i) => sessions[i % sessionCount] ?? newSession(recipient);
}

function newSession({ kid, publicKey }: Recipient): SessionV2 {
  return openSessionV2({ recipient: { kid, publicKey: Buffer.from(publicKey, 'base64') } });
}

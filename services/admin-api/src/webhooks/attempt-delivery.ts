import type { OutboundFault } from '@keyward/contract/outbound-fault';
import { type OutboundCall, OutboundError } from '@keyward/kit/outbound-call';
import type { ClaimedDelivery } from '@keyward/stores/postgres/webhook-deliveries';
import { signMessage } from './sign-message.ts';

export interface Attempt {
  delivery: Pick<ClaimedDelivery, 'eventId' | 'url' | 'payload'>;
  secrets: readonly Buffer[];
  nowMs: number;
}

export interface AttemptOutcome {
  answer: { status: number } | { fault: OutboundFault };
  retryAfterMs: number | undefined;
}

/** Sends an event once. Of what is answered nothing is kept but the status, and when to try again. */
export async function attemptDelivery(
  call: OutboundCall,
  { delivery, secrets, nowMs }: Attempt,
): Promise<AttemptOutcome> {
  const { eventId: id, url, payload: body } = delivery;
  const timestamp = Math.floor(nowMs / 1_000);
  const headers = {
    'content-type': 'application/json',
    'content-length': String(Buffer.byteLength(body)),
    'user-agent': 'Keyward-Webhooks',
    'webhook-id': id,
    'webhook-timestamp': String(timestamp),
    'webhook-signature': signMessage({ id, timestamp, body }, secrets),
  };
  try {
    const { status, headers: answered } = await call({ method: 'POST', url, headers, body });
    return { answer: { status }, retryAfterMs: readRetryAfter(answered['retry-after'], nowMs) };
  } catch (error) {
    if (!(error instanceof OutboundError)) throw error;
    return { answer: { fault: error.fault }, retryAfterMs: undefined };
  }
}

/** Seconds or a date (RFC 9110 §10.2.3). */
function readRetryAfter(text: string | undefined, nowMs: number): number | undefined {
  if (text === undefined) return undefined;
  const waitMs = /^\d{1,9}$/.test(text) ? Number(text) * 1_000 : Date.parse(text) - nowMs;
  return waitMs > 0 ? waitMs : undefined;
}

import type { WithCookies } from '../accounts/begin-session.ts';
import { sendOutcome } from './send-outcome.ts';

interface Reply {
  code(status: number): unknown;
  header(name: string, value: string | string[]): unknown;
}

/** Answers what is this browser's alone: no cache keeps it. */
export function sendWithCookies<T>(reply: Reply, { outcome, cookies }: WithCookies<T>): T {
  reply.header('cache-control', 'no-store');
  if (cookies.length > 0) reply.header('set-cookie', cookies);
  return sendOutcome(reply, outcome);
}

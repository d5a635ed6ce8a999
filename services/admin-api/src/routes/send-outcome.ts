import type { Outcome } from '../changes/outcome.ts';

interface Reply {
  code(status: number): unknown;
}

/** Answers what a change came to. */
export function sendOutcome<T>(reply: Reply, { status, body }: Outcome<T>): T {
  reply.code(status);
  return body;
}

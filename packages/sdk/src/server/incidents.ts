import { nowMs } from '../clock.ts';

/**
 * What goes wrong beside the requests of callers: `server-away` it cannot be reached, or has no verdict (5xx); `server-refused` it
 * does not take what is sent, for the server key, the project or the pin is not right; `registration-failed` it was not told of
 * a key or an endpoint.
 */
export interface Incident {
  kind: 'server-away' | 'server-refused' | 'registration-failed';
  /** A sentence that names no secret. */
  message: string;
  cause?: unknown;
}

const everyMs = 60_000;

/** A line on stderr, at most one a minute of each kind, with how many were left out. */
export function createIncidentLog(write: (line: string) => void): (incident: Incident) => void {
  const told = new Map<Incident['kind'], { atMs: number; leftOut: number }>();
  return ({ kind, message }) => {
    const last = told.get(kind);
    const atMs = nowMs();
    if (last && atMs - last.atMs < everyMs) {
      last.leftOut += 1;
      return;
    }
    const more = last?.leftOut ? ` (and ${last.leftOut} more like it)` : '';
    told.set(kind, { atMs, leftOut: 0 });
    write(`keyward: ${inOneLine(message)}${more}`);
  };
}

/** Names of tenants and answers of strangers stand in messages: what ends a line would begin one of its writer's. */
function inOneLine(message: string): string {
  return message.replace(unprinted, ' ').slice(0, longestMessage);
}

const unprinted = /[\p{Cc}\p{Zl}\p{Zp}]+/gu;
const longestMessage = 500;

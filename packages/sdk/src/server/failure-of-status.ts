import { ServerAway, ServerRefused } from './server-failure.ts';

/** These come from what stands before Keyward, and may pass. */
const passing: ReadonlySet<number> = new Set([408, 421, 425, 429]);

/**
 * What an answer without a verdict is, by its HTTP status. Other than a 5xx, what begins with 3 or 4 is no outage, whoever answers it: an
 * address that is wrong stays so, and a firewall refuses what a caller has chosen, who could open the application by it.
 */
export function failureOfStatus(status: number, message: string): ServerAway | ServerRefused {
  const isRefused = status >= 300 && status < 500 && !passing.has(status);
  return isRefused ? new ServerRefused(message) : new ServerAway(message);
}

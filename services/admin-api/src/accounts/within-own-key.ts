import { parseIpRange } from '@keyward/decision/ip-range';
import { ipRanges } from '@keyward/decision/ip-ranges';
import type { AccountCredential } from '../access/actor.ts';
import type { InputCheck } from '../input.ts';

interface Asked {
  allowedIps: readonly string[];
  expiresAt: Date | undefined;
}

/**
 * What an account key makes neither outlives it nor is let in from elsewhere: whoever got hold of one that ends by itself, or is bound to
 * some addresses, would else make another that does not and is not. Who has signed in may make any.
 */
export function checkWithinOwnKey(check: InputCheck, own: AccountCredential, { allowedIps, expiresAt }: Asked): void {
  if (own.kind !== 'account-key') return;
  if (own.expiresAt && (!expiresAt || expiresAt > own.expiresAt))
    check.fault('/expiresAt', `must not be after that of the account key that you use, ${own.expiresAt.toISOString()}`);
  const ranges = ipRanges(own.allowedIps);
  if (ranges.isEmpty) return;
  if (allowedIps.length === 0)
    check.fault('/allowedIps', 'is required: the account key that you use is bound to addresses');
  for (const [i, rule] of allowedIps.entries()) {
    const range = parseIpRange(rule);
    if (range && !ranges.covers(range))
      check.fault(`/allowedIps/${i}`, 'is not within the addresses of the account key that you use');
  }
}

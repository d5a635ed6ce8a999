import type { IncomingHttpHeaders } from 'node:http';
import { ipRuleFault } from '@keyward/decision/ip-range';
import { type IpRanges, ipRanges } from '@keyward/decision/ip-ranges';
import { ConfigError } from '@keyward/kit/config';
import { serviceCallCheck } from '@keyward/kit/service-token';
import type { AccountVariables } from './account-variables.ts';

/** How people identify themselves at this installation. */
export interface AccountPolicy {
  /** What account keys begin with. */
  keyPrefix: string;
  /** The origin that browsers reach us at; undefined: whatever host they name. */
  origin: string | undefined;
  trustedProxies: IpRanges;
  /** Does a call come from one of our own services? */
  isServiceCall(headers: IncomingHttpHeaders): boolean;
  sessionIdleMs: number;
  sessionMs: number;
  sessionRenewalMs: number;
  invitationMs: number;
}

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;

/** Throws ConfigError when a proxy is no address. */
export function accountPolicy(config: AccountVariables & { SERVICE_TOKEN: string }): AccountPolicy {
  return {
    keyPrefix: config.ACCOUNT_KEY_PREFIX,
    origin: config.PUBLIC_URL === undefined ? undefined : new URL(config.PUBLIC_URL).origin,
    trustedProxies: ipRanges(proxiesIn(config.TRUSTED_PROXIES)),
    isServiceCall: serviceCallCheck(config.SERVICE_TOKEN),
    sessionIdleMs: config.SESSION_IDLE_MINUTES * minuteMs,
    sessionMs: config.SESSION_HOURS * hourMs,
    sessionRenewalMs: config.SESSION_RENEWAL_MINUTES * minuteMs,
    invitationMs: config.INVITATION_DAYS * 24 * hourMs,
  };
}

function proxiesIn(list: string): string[] {
  const proxies = list.split(',').map((text) => text.trim());
  const named = proxies.filter((proxy) => proxy !== '');
  const faults = named.flatMap((proxy) => ipRuleFault(proxy) ?? []);
  if (faults.length > 0) throw new ConfigError(faults.map((fault) => `an entry of TRUSTED_PROXIES ${fault}`));
  return named;
}

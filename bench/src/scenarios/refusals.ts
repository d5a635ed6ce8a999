import { strangeIp } from '../stack/environment.ts';
import { callScenario } from './call-scenario.ts';
import type { Scenario } from './scenario.ts';

const beside = 'an admission';

/** Each is held against an admission in the same round. */
export const refusals: readonly Scenario[] = [
  callScenario('refused-unknown', 'keys of the form of ours that nobody knows', {
    ...{ keys: 'unknown', verdict: 'INVALID_KEY', beside },
  }),
  callScenario('refused-forged', 'keys that are signed, but not with a secret of the environment', {
    ...{ keys: 'forged', verdict: 'INVALID_KEY', beside },
  }),
  callScenario('refused-ip', 'good keys from an address that is not allowed', {
    ...{ ip: strangeIp, verdict: 'IP_NOT_ALLOWED', beside },
  }),
  callScenario('refused-limit', 'good keys whose limits are used up', {
    ...{ keys: 'used up', verdict: 'RATE_LIMITED', beside },
  }),
  callScenario('junk-keys', 'signed keys of 4,096 characters, the longest that are looked at', {
    ...{ keys: 'junk', verdict: 'INVALID_KEY', share: 0.25, beside },
  }),
];

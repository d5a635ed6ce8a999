import type { Scenario } from './scenario.ts';

const usual = { connections: 64, clients: 1_000, verdict: 'ALLOWED', relay: 'is held' } as const;
const validation = { asks: 'validate', carrier: 'session' } as const;

export const scenarios: readonly Scenario[] = [
  { ...usual, name: 'session-reuse', what: 'a validation in an envelope of a session in use', calls: validation },
  {
    ...usual,
    name: 'fresh-key',
    what: 'a validation in an envelope with an ephemeral key of its own',
    calls: { ...validation, carrier: 'fresh-session' },
  },
  {
    ...usual,
    name: 'plain-verify',
    what: 'POST /key/verify with a plain body',
    calls: { asks: 'verify', carrier: 'plain' },
  },
  {
    ...usual,
    name: 'session-reuse-relayed',
    what: 'session-reuse, with the relay to Kafka and the counting behind it',
    calls: validation,
    relay: 'runs',
  },
];

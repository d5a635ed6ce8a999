import { callScenario } from './call-scenario.ts';
import { coldStart } from './cold-start.ts';
import { refusals } from './refusals.ts';
import type { Scenario } from './scenario.ts';
import { sdk } from './sdk.ts';
import { unknownFlood } from './unknown-flood.ts';

/** In this order, but for those that need the relay: they come last. */
export const scenarios: readonly Scenario[] = [
  callScenario('session-reuse', 'a validation in an envelope of a session in use; 64 connections, 1,000 clients'),
  callScenario('session-reuse-v1', 'the same in version 1, as published SDKs send it', { carrier: 'session-v1' }),
  callScenario('fresh-key', 'each envelope with an ephemeral key of its own', { carrier: 'fresh-session' }),
  callScenario('plain-validate', 'a validation with a plain body', { carrier: 'plain' }),
  callScenario('plain-verify', 'POST /key/verify with a plain body', { carrier: 'plain', asks: 'verify' }),
  ...refusals,
  unknownFlood,
  callScenario('connections-1', 'session-reuse over one connection: nothing is loaded', {
    connections: 1,
    share: 0.25,
  }),
  callScenario('connections-8', 'session-reuse over 8 connections', { connections: 8 }),
  callScenario('connections-512', 'session-reuse over 512 connections', { connections: 512 }),
  callScenario('half-load', 'session-reuse at half of the calls/s that 64 connections get answered', { pace: 0.5 }),
  callScenario('clients-1', 'session-reuse with one client', { clients: 1 }),
  callScenario('clients-100', 'session-reuse with 100 clients', { clients: 100 }),
  coldStart,
  sdk,
  callScenario(
    'clients-100000',
    'session-reuse with 100,000 clients, each of which has called before; gateway and validator are new',
    {
      clients: 100_000,
      hotPath: 'of its own',
    },
  ),
  callScenario('session-reuse-relayed', 'session-reuse, with the relay to Kafka and the counting behind it', {
    relay: 'runs',
  }),
];

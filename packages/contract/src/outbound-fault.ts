/**
 * Why a call to an outside URL came to no answer: the rules forbid it, its host has no address, TLS with it failed, nobody listens, or
 * its answer is too slow or too long.
 */
export const outboundFaults = ['not-allowed', 'unresolved', 'tls', 'unreachable', 'timeout', 'too-large'] as const;
export type OutboundFault = (typeof outboundFaults)[number];

import type { Summary } from './summary.ts';

/** What the relay and its Kafka client cost, by two scenarios that differ by nothing else, in echoes of the same rounds. */
export function printRelay(summaries: readonly Summary[]): string {
  const held = summaries.find(({ name }) => name === 'session-reuse');
  const relayed = summaries.find(({ name }) => name === 'session-reuse-relayed');
  if (!held || !relayed) return '';
  const echoes = (process: string) =>
    (relayed.cpuUs[process] ?? 0) / relayed.echoUs - (held.cpuUs[process] ?? 0) / held.echoUs;
  const parts = `${echoes('validator').toFixed(2)} of them in the validator, ${echoes('redis').toFixed(2)} in Redis`;
  return `The relay takes ${(relayed.ratio - held.ratio).toFixed(2)} echoes a call: ${parts}.`;
}

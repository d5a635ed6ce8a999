import type { Machine } from '../report/machine.ts';
import type { Growth } from './memory-watch.ts';

export interface SoakResult {
  machine: Machine;
  minutes: number;
  /** The pace, and what was possible. */
  perSecond: number;
  possible: number;
  /** How many calls were answered with which status. */
  answers: Record<number, number>;
  /** How many the usage tells of. */
  counted: number;
  growths: readonly Growth[];
  /** Of each slice. */
  p99sMs: readonly number[];
  residentMb: Record<string, readonly number[]>;
}

/** What is wrong. Who was answered 503 may have been counted or not: the verdict may have come too late. */
export function judge({ answers, counted, growths }: SoakResult): string[] {
  const { 200: answered = 0, 503: unanswered = 0, ...others } = answers;
  const faults = growths
    .filter(({ isFlat }) => !isFlat)
    .map(({ process, settledMb, endMb }) => `${process} has grown from ${settledMb} to ${endMb} MB`);
  if (counted < answered) faults.push(`${answered} calls were answered, and ${counted} counted: events are lost`);
  if (counted > answered + unanswered) faults.push(`${counted} calls were counted of ${answered + unanswered}`);
  for (const [status, count] of Object.entries(others)) faults.push(`${count} calls were answered ${status}`);
  return faults;
}

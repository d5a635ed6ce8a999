import type { Verdict } from '@keyward/contract/verdict';
import type { CallPlan } from './load/call-plan.ts';

/** What is measured: calls of one kind, over so many connections. */
export interface Scenario {
  name: string;
  what: string;
  calls: Pick<CallPlan, 'carrier' | 'asks'>;
  connections: number;
  clients: number;
  /** What each of them has to be told: another verdict would be another measurement. */
  verdict: Verdict;
  relay: 'runs' | 'is held';
}

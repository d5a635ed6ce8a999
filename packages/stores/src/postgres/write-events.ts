import { refusalSummaryType } from '@keyward/contract/refusal-summary';
import { usageSummaryType } from '@keyward/contract/usage-summary';
import { validationEventType } from '@keyward/contract/validation-event';
import { UsageCounts } from '../usage-counts.ts';
import { addCounts, addRefusals } from './add-counts.ts';
import type { LogPolicies } from './log-policies.ts';
import { addToOutboxes, type OutboxCounts } from './outbox-counts.ts';
import { rememberIds } from './remember-ids.ts';
import type { Session } from './sessions.ts';
import type { CountableEvent } from './sort-records.ts';
import { UseCounts } from './use-counts.ts';
import { writeLogs } from './write-logs.ts';

interface EventWriting {
  events: readonly CountableEvent[];
  policies: LogPolicies;
  logsSinceMs: number;
  /** Where the totals of endpoints are added: no other transaction adds there at the same time. */
  slot: number;
  /** What else became of entries of outboxes, once it is known which events are new. */
  alsoOfOutboxes?: Omit<OutboxCounts, 'counted'>;
}

/** Counts and logs the events whose ids are new, and answers them. Rows that others may want, too, come last. */
export async function writeEvents(session: Session, writing: EventWriting): Promise<CountableEvent[]> {
  const { fresh, entries } = await rememberIds(session, writing.events);
  const counts = new UsageCounts();
  const uses = new UseCounts();
  const decisions = [];
  const refusals = [];
  for (const each of fresh) {
    const { event, countedAs } = each;
    uses.add(each);
    switch (event.type) {
      case validationEventType:
        counts.add(event.data, countedAs);
        decisions.push(event.data);
        break;
      case usageSummaryType:
        counts.addSummary(event.data);
        break;
      case refusalSummaryType:
        refusals.push(event.data);
    }
  }
  await writeLogs(session, { decisions, policies: writing.policies, sinceMs: writing.logsSinceMs });
  await addToOutboxes(session, { counted: entries, ...writing.alsoOfOutboxes });
  await addCounts(session, { counts: counts.sorted(), uses, slot: writing.slot });
  await addRefusals(session, refusals);
  return fresh;
}

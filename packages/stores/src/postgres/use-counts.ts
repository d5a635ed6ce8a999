import { usageSummaryType } from '@keyward/contract/usage-summary';
import { isUse, validationEventType } from '@keyward/contract/validation-event';
import type { CountableEvent } from './sort-records.ts';

/** Uses of one key. */
export interface UseCount {
  /** Admitted, and no uses. */
  notUses: number;
  /** Unix ms; undefined: there was none. */
  lastUseAtMs?: number;
  /** The newest outbox that uses came by, and how many came by it: its shard has counted them itself. */
  incarnation?: string;
  usesSince: number;
}

/** What events tell of the uses of keys, by key. */
export class UseCounts {
  readonly #byKey = new Map<string, UseCount>();

  of(keyId: string): UseCount {
    return this.#byKey.get(keyId) ?? { notUses: 0, usesSince: 0 };
  }

  add({ event, source }: CountableEvent): void {
    if (event.type === validationEventType && event.data.verdict === 'ALLOWED') {
      const { keyId, decidedAtMs } = event.data;
      const uses = isUse(event.data) ? 1 : 0;
      this.#add(keyId, { uses, notUses: 1 - uses, lastAtMs: decidedAtMs, incarnation: source?.incarnation });
    }
    if (event.type !== usageSummaryType) return;
    for (const { keyId, verdict, count, notUses = 0, lastDecidedAtMs } of event.data.counts) {
      if (verdict !== 'ALLOWED') continue;
      const uses = count - notUses;
      this.#add(keyId, { uses, notUses, lastAtMs: lastDecidedAtMs, incarnation: source?.incarnation });
    }
  }

  #add(keyId: string, { uses, notUses, lastAtMs, incarnation }: Addition): void {
    const count = this.of(keyId);
    this.#byKey.set(keyId, count);
    count.notUses += notUses;
    if (uses === 0) return;
    count.lastUseAtMs = Math.max(count.lastUseAtMs ?? 0, lastAtMs);
    // Ids of incarnations are in the order of their times.
    if (incarnation === undefined || incarnation < (count.incarnation ?? '')) return;
    count.usesSince = uses + (incarnation === count.incarnation ? count.usesSince : 0);
    count.incarnation = incarnation;
  }
}

interface Addition {
  uses: number;
  notUses: number;
  /** Of the last of them. */
  lastAtMs: number;
  incarnation: string | undefined;
}

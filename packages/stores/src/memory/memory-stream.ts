import type { PipelineEvent } from '@keyward/contract/pipeline-event';

export interface MemoryEntry {
  position: string;
  addedAtMs: number;
  bytes: number;
  event: PipelineEvent;
}

/** One shard's outbox, as a stream of Redis and the keys beside it. */
export class MemoryStream {
  entries: MemoryEntry[] = [];
  /** The number of the last entry that the log may hold. */
  sentMark = 0;
  added = 0;
  collapsed = 0;
  eventsCollapsed = 0;
  readonly dead: (MemoryEntry & { reason: string })[] = [];
  buried = 0;

  /** Positions go up by one. */
  add(event: PipelineEvent, nowMs: number): void {
    this.added += 1;
    const bytes = JSON.stringify(event).length;
    this.entries.push({ position: positionAt(this.added), addedAtMs: nowMs, bytes, event });
  }

  get(position: string): MemoryEntry | undefined {
    return this.entries.find((entry) => entry.position === position);
  }

  remove(positions: ReadonlySet<string>): void {
    this.entries = this.entries.filter((entry) => !positions.has(entry.position));
  }
}

const positionAt = (number: number) => `0-${number}`;

export const numberOf = (position: string): number => Number(position.slice(2));

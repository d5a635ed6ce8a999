import { refusalSummaryType } from '@keyward/contract/refusal-summary';
import { usageSummaryType } from '@keyward/contract/usage-summary';
import { readBytes, readUnsentBytes } from '../outbox-reading.ts';
import type { Backlog, Collapse, FlushOptions, Outbox, OutboxEntry } from '../ports/outbox.ts';
import { refusalCounters } from '../refusal-counters.ts';
import { type MemoryShards, memoryShards } from './memory-shards.ts';
import { type MemoryEntry, type MemoryStream, numberOf } from './memory-stream.ts';

export class MemoryOutbox implements Outbox {
  readonly #shards: MemoryShards;
  readonly #close: () => Promise<void>;

  constructor(shards: MemoryShards, close: () => Promise<void> = async () => undefined) {
    this.#shards = shards;
    this.#close = close;
  }

  static async open(url: string): Promise<MemoryOutbox> {
    const shared = await memoryShards.acquire(url);
    return new MemoryOutbox(shared.instance, () => shared[Symbol.asyncDispose]());
  }

  async heartbeat(relay: string, ttlMs: number): Promise<number> {
    const { relays, clock } = this.#shards;
    const nowMs = clock.nowMs();
    relays.set(relay, nowMs + ttlMs);
    for (const [other, untilMs] of relays) if (untilMs <= nowMs) relays.delete(other);
    return relays.size;
  }

  async claim(relay: string, shards: readonly number[], ttlMs: number): Promise<number[]> {
    const { leases, clock } = this.#shards;
    const free = shards.filter((shard) => this.#owner(shard) === undefined || this.#owner(shard) === relay);
    for (const shard of free) leases.set(shard, { relay, expiresAtMs: clock.nowMs() + ttlMs });
    return free;
  }

  async release(relay: string, shards: readonly number[]): Promise<void> {
    for (const shard of shards) if (this.#owner(shard) === relay) this.#shards.leases.delete(shard);
  }

  async read(shards: readonly number[], limit: number): Promise<OutboxEntry[]> {
    const maxBytes = Math.floor(readBytes / shards.length);
    return shards.flatMap((shard) =>
      this.#entries(shard, upTo(maxBytes, this.#shards.outbox(shard).entries.slice(0, limit))),
    );
  }

  async markSent(
    relay: string,
    entries: readonly Pick<OutboxEntry, 'shard' | 'position' | 'edition'>[],
  ): Promise<number[]> {
    const last = new Map(entries.map((entry) => [entry.shard, entry]));
    return [...last.values()].flatMap(({ shard, position, edition }) => {
      const outbox = this.#shards.outbox(shard);
      if (this.#owner(shard) !== relay || outbox.collapsed !== edition || !outbox.get(position)) return [];
      outbox.sentMark = Math.max(outbox.sentMark, numberOf(position));
      return [shard];
    });
  }

  async trim(relay: string, upTo: ReadonlyMap<number, string>): Promise<void> {
    for (const [shard, position] of upTo) {
      const outbox = this.#shards.outbox(shard);
      if (this.#owner(shard) !== relay || numberOf(position) > outbox.sentMark) continue;
      outbox.entries = outbox.entries.filter((entry) => numberOf(entry.position) > numberOf(position));
    }
  }

  async bury(
    relay: string,
    { shard, position, reason }: { shard: number; position: string; reason: string },
  ): Promise<boolean> {
    if (this.#owner(shard) !== relay) return false;
    const outbox = this.#shards.outbox(shard);
    const entry = outbox.get(position);
    if (!entry) return true;
    outbox.dead.push({ ...entry, reason });
    outbox.remove(new Set([position]));
    outbox.buried += 1;
    return true;
  }

  async backlogs(shards: readonly number[]): Promise<Backlog[]> {
    return shards.map((shard) => {
      const { entries } = this.#shards.outbox(shard);
      const [oldest] = entries;
      const bytes = entries.reduce((sum, entry) => sum + entry.bytes, 0);
      const ageMs = oldest ? Math.max(0, this.#shards.clock.nowMs() - oldest.addedAtMs) : 0;
      return { shard, entries: entries.length, bytes, ageMs };
    });
  }

  /** The process has no bound of its own. */
  async rooms(): Promise<ReadonlyMap<number, number>> {
    return new Map();
  }

  async readUnsent(shard: number, { after, limit }: { after?: string; limit: number }): Promise<OutboxEntry[]> {
    const outbox = this.#shards.outbox(shard);
    const last = Math.max(outbox.sentMark, after === undefined ? 0 : numberOf(after));
    const unsent = outbox.entries.filter(({ position }) => numberOf(position) > last);
    return this.#entries(shard, upTo(readUnsentBytes, unsent.slice(0, limit)));
  }

  async collapse(relay: string, { shard, positions, decisions, summaries }: Collapse): Promise<boolean> {
    const outbox = this.#shards.outbox(shard);
    if (this.#owner(shard) !== relay || !isWhole(outbox, positions)) return false;
    outbox.remove(new Set(positions));
    for (const data of summaries) outbox.add({ type: usageSummaryType, data }, this.#shards.clock.nowMs());
    outbox.collapsed += positions.length;
    outbox.eventsCollapsed += decisions;
    return true;
  }

  async flushRefusals(shards: readonly number[], { newId, present = false }: FlushOptions): Promise<number> {
    const nowMs = this.#shards.clock.nowMs();
    let summaries = 0;
    for (const shard of shards) {
      const counts = this.#shards.takeRefusals(shard, present);
      for (let at = 0; at < counts.length; at += refusalCounters.perSummary) {
        const data = { id: newId(), counts: counts.slice(at, at + refusalCounters.perSummary) };
        this.#shards.outbox(shard).add({ type: refusalSummaryType, data }, nowMs);
        summaries += 1;
      }
    }
    return summaries;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#close();
  }

  #entries(shard: number, entries: readonly MemoryEntry[]): OutboxEntry[] {
    const { incarnation } = this.#shards;
    const edition = this.#shards.outbox(shard).collapsed;
    return entries.map(({ position, bytes, event }) => ({ shard, position, incarnation, edition, bytes, event }));
  }

  #owner(shard: number): string | undefined {
    const lease = this.#shards.leases.get(shard);
    return lease && lease.expiresAtMs > this.#shards.clock.nowMs() ? lease.relay : undefined;
  }
}

/** At least one, if there is one. */
function upTo(maxBytes: number, entries: readonly MemoryEntry[]): MemoryEntry[] {
  let room = maxBytes;
  return entries.filter(({ bytes }) => {
    const fits = room > 0;
    room -= bytes;
    return fits;
  });
}

/** None of them may be in the log, and each must still be there. */
function isWhole(outbox: MemoryStream, positions: readonly string[]): boolean {
  const present = new Set(outbox.entries.map(({ position }) => position));
  return positions.every((position) => present.has(position) && numberOf(position) > outbox.sentMark);
}

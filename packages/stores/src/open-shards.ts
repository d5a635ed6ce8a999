import type { Logger } from '@keyward/kit/logger';
import type { DecisionStore } from './ports/decision-store.ts';
import type { Outbox } from './ports/outbox.ts';
import type { OutboxAccounts } from './ports/outbox-accounts.ts';
import type { ProjectionOptions, ProjectionStore } from './ports/projection-store.ts';

export interface ShardsOptions {
  /** Told why the store cannot be reached, while it cannot. */
  logger?: Logger;
}

export interface DecisionStoreOptions extends ShardsOptions {
  /** A decision that the store comes to so long after it was asked for is not made: the caller has given up, ms. */
  giveUpMs?: number;
}

export interface OutboxOptions extends ShardsOptions {
  /** Told of each question that a shard did not answer. */
  warn?: (error: unknown) => void;
}

/** The adapters of the shards, chosen by the URL's scheme: `memory:<name>`, `redis://…`, `redis+cluster://…`, `redis+sentinel://…`. */
export async function openDecisionStore(url: string, options: DecisionStoreOptions = {}): Promise<DecisionStore> {
  if (isMemory(url)) return (await import('./memory/memory-decision-store.ts')).MemoryDecisionStore.open(url);
  return (await import('./redis/redis-decision-store.ts')).RedisDecisionStore.open(url, options);
}

export async function openProjectionStore(url: string, options: ProjectionOptions = {}): Promise<ProjectionStore> {
  if (isMemory(url)) return (await import('./memory/memory-projection-store.ts')).MemoryProjectionStore.open(url);
  return (await import('./redis/redis-projection-store.ts')).RedisProjectionStore.open(url, options);
}

export async function openOutbox(url: string, options: OutboxOptions = {}): Promise<Outbox> {
  if (isMemory(url)) return (await import('./memory/memory-outbox.ts')).MemoryOutbox.open(url);
  return (await import('./redis/redis-outbox.ts')).RedisOutbox.open(url, options);
}

export async function openOutboxAccounts(url: string, options: ShardsOptions = {}): Promise<OutboxAccounts> {
  if (isMemory(url)) return (await import('./memory/memory-outbox-accounts.ts')).MemoryOutboxAccounts.open(url);
  return (await import('./redis/redis-outbox-accounts.ts')).RedisOutboxAccounts.open(url, options);
}

function isMemory(url: string): boolean {
  return url.startsWith('memory:');
}

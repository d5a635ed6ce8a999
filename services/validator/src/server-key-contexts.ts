import type { EnvironmentRecord, ServerKeyRecord } from '@keyward/contract/projection';
import type { DecisionStore } from '@keyward/stores/ports/decision-store';
import { StoreAway } from '@keyward/stores/store-away';
import { LRUCache } from 'lru-cache';

/** A server key with its environment, as they stood at `environmentVersion` or later. */
export interface ServerKeyContext {
  serverKey: ServerKeyRecord;
  environment: EnvironmentRecord;
  environmentVersion: number;
}

const maxContexts = 10_000;

/**
 * The server keys that this process knows, by digest; unknown ones are never kept. Records are written before the
 * version that announces them, so what is read after a version was seen is at least as new as that version.
 */
export class ServerKeyContexts {
  readonly #store: DecisionStore;
  readonly #known: LRUCache<string, ServerKeyContext, number | undefined>;

  constructor(store: DecisionStore) {
    this.#store = store;
    this.#known = new LRUCache({
      max: maxContexts,
      fetchMethod: (digest, _stale, { context }) => this.#load(digest, context),
    });
  }

  /** The context of a server key; undefined: nobody knows it. */
  get(digest: string): Promise<ServerKeyContext | undefined> {
    return this.#known.fetch(digest, { context: undefined });
  }

  /** The context as this process holds it; none while it is known to be out and cannot be read again. */
  held(digest: string): ServerKeyContext | undefined {
    return this.#known.get(digest);
  }

  /** Reads it again, after a shard has shown that version `seen` of its environment is out. */
  async reload(digest: string, seen: number): Promise<void> {
    await this.#known.fetch(digest, { context: seen, forceRefresh: true });
  }

  async #load(digest: string, seen: number | undefined): Promise<ServerKeyContext | undefined> {
    const first = await this.#serverKey(digest);
    if (!first) return undefined;
    const environmentVersion = seen ?? (await this.#store.readEnvironmentVersion(first.environmentId));
    if (environmentVersion === undefined) throw incomplete();
    const serverKey = seen === undefined ? await this.#serverKey(digest) : first;
    const environment = await this.#store.readEnvironment(first.environmentId);
    if (!serverKey || !environment) throw incomplete();
    return { serverKey, environment, environmentVersion };
  }

  async #serverKey(digest: string): Promise<ServerKeyRecord | undefined> {
    const { complete, record } = await this.#store.readServerKey(digest);
    if (!complete) throw incomplete();
    return record;
  }
}

function incomplete(): StoreAway {
  return new StoreAway(new Error('its projection is not complete'));
}

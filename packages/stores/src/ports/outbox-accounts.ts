/** What one shard's outbox took in and gave away since the shard was last empty; an entry is an event or a summary. */
export interface OutboxAccount {
  shard: number;
  incarnation: string;
  /** All entries that were ever added. */
  added: number;
  waiting: number;
  /** Entries that gave way to a summary, which is an entry itself. */
  collapsed: number;
  /** Decisions whose detail went that way. */
  eventsCollapsed: number;
  /** Entries that were moved to the dead list. */
  buried: number;
}

/** An entry that the log will never take. */
export interface BuriedEntry {
  shard: number;
  incarnation: string;
  /** Where it stood in the outbox. */
  position: string;
  /** Its place in the dead list. */
  place: string;
  /** The CloudEvents type, or `unreadable`. */
  type: string;
  /** The event as JSON; of what cannot be read, the fields of the entry. */
  value: string;
  reason: string;
}

/** The outboxes as those see them who do not relay. */
export interface OutboxAccounts extends AsyncDisposable {
  read(): Promise<OutboxAccount[]>;
  /** What lies in the dead lists, at most `limit` of each shard, oldest first. */
  listBuried(limit: number): Promise<BuriedEntry[]>;
  /** Forgets what is kept elsewhere by now. */
  dropBuried(entries: readonly Pick<BuriedEntry, 'shard' | 'place'>[]): Promise<void>;
}

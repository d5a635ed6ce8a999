/**
 * What a read of outboxes answers at most, all shards together: events are small, but summaries may have hundreds of
 * kilobytes, and all that waits after an outage would neither arrive in time nor find room in the process.
 */
export const readBytes = 8 * 1_024 * 1_024;
/** What a look at the unsent entries of one shard answers at most. */
export const readUnsentBytes = 2 * 1_024 * 1_024;

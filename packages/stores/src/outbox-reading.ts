/**
 * What a read of outboxes answers at most, all shards together: events are small, but summaries may have hundreds of
 * kilobytes, and all that waits after an outage would neither arrive in time nor find room in the process.
 */
export const readBytes = 8 * 1_024 * 1_024;
/**
 * What a look at the unsent entries of one shard answers at most. Summaries shrink when they count the same keys, so this
 * is how many keys of a shard may be asked for in an hour before its outbox outgrows its room: about 10,000.
 */
export const readUnsentBytes = 4 * 1_024 * 1_024;

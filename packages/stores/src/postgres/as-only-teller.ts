import { onlyReplica } from './upkeep/only-replica.ts';

/** As of `onlyReplica`, for telling webhooks of what comes by use and by time. */
export const asOnlyTeller = onlyReplica(4_302_016);

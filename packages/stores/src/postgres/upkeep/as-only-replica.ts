import { onlyReplica } from './only-replica.ts';

/** As of `onlyReplica`, for what ingest looks after. */
export const asOnlyReplica = onlyReplica(4_302_002);

import type { DecisionReply } from '@keyward/contract/decisions';

/** A reply with a verdict. */
export type Decided = Extract<DecisionReply, { kind: 'decided' }>;

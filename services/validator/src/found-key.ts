import type { KeyRecord } from '@keyward/contract/projection';
import type { SignedKeyFacts } from '@keyward/contract/validation-event';

/** The record that a key is judged by. One that was taken by its signature brings what is needed to register it. */
export interface FoundKey extends KeyRecord {
  signed?: SignedKeyFacts;
}

import type { Propagation } from './projector.ts';

/** What an answer says of a change that is stored, but has not reached the validators yet. */
export function pending(propagation: Propagation): { propagation?: 'pending' } {
  return propagation === 'pending' ? { propagation } : {};
}

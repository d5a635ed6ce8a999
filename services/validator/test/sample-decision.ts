import { newId } from '@keyward/kit/random';

/** An admitted request's event but for its id. */
export const sampleDecision = {
  environmentId: newId(),
  clientId: newId(),
  keyId: newId(),
  verdict: 'ALLOWED',
  methodPath: 'GET:/users',
  durationUs: 1,
  decidedAtMs: 1,
};

/**
 * Verdicts that are about who asks and not about the key: its clock, its private key, its project. Its own callers can do nothing about
 * them, and whoever runs it has to hear.
 */
export const aboutTheApplication: ReadonlySet<unknown> = new Set([
  'ENVIRONMENT_UNKNOWN',
  'ENCRYPTION_REQUIRED',
  'SIGNATURE_REQUIRED',
  'SIGNATURE_INVALID',
  'REPLAYED',
  'STALE_REQUEST',
]);

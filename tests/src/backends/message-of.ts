/** The text of whatever was thrown, on one line's worth of patience: the first cause that has words. */
export function messageOf(thrown: unknown): string {
  if (thrown instanceof AggregateError && thrown.message === '') return thrown.errors.map(messageOf).join(', ');
  if (thrown instanceof Error) return thrown.message === '' ? thrown.name : thrown.message;
  // What vitest tells of an error in a worker has its words, and no prototype.
  if (typeof thrown === 'object' && thrown !== null && 'message' in thrown) return String(thrown.message);
  return String(thrown);
}

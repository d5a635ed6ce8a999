/** ISO 8601 with seconds and a zone, and without what would end it in the canonical line, where it stands between spaces. */
const shape = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,6})?(?:Z|[+-]\d\d:\d\d)$/;

/** Is this the `ts` of an envelope? Whether it is a moment that exists is not asked. */
export function isTimestamp(value: unknown): value is string {
  return typeof value === 'string' && shape.test(value);
}

import Type from 'typebox';

/** The context of a trace, as W3C Trace Context has it: version, trace, span, flags. */
export const traceparent = (description: string) =>
  Type.String({ pattern: '^[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$', description });

export const traceparentHeader = 'traceparent';

/** Is that trace recorded? The last bit of its flags says so. */
export function isSampled(traceparent: string | undefined): traceparent is string {
  return traceparent !== undefined && /[13579bdf]$/.test(traceparent);
}

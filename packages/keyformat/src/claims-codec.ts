/** One way of writing claims as bytes (wire.md §1, "payload codec"). */
export type ClaimsCodec = {
  /** The value in `payload`, or undefined when the bytes are malformed, too long or nested too deep. Checks no claim. */
  read: (payload: Uint8Array) => unknown;
  /** The bytes of a plain value; members keep their order. */
  print: (value: PlainObject) => Uint8Array;
};

/** What JSON can say, and therefore all that either codec says. */
export type PlainValue = null | boolean | number | string | PlainValue[] | PlainObject;
export type PlainObject = { [name: string]: PlainValue };

/** Longer payloads cannot stand in a key of 4,096 characters. */
export const maxPayloadBytes = 4096;

/** Maps and arrays within each other, the claims themselves included. */
export const maxDepth = 16;

/** What a request's signature is over, each part literally as it was sent. */
export interface SignedParts {
  clientId: string;
  methodPath: string;
  timestamp: string;
}

/** A signature that came with a request. */
export interface RequestSignature {
  parts: SignedParts;
  /** Is it one of the environment's public keys' over this text? Asked only when everything before it has passed. */
  verifies(text: string): boolean;
}

/** What a signature is over; undefined where a part holds the `|` that parts them, for two requests then have one text. */
export function signedText({ clientId, methodPath, timestamp }: SignedParts): string | undefined {
  const texts = [clientId, methodPath, timestamp];
  return texts.some((text) => text.includes('|')) ? undefined : texts.join('|');
}

/** Is it over this request (wire.md §2.3)? */
export function isGenuine({ parts, verifies }: RequestSignature): boolean {
  const text = signedText(parts);
  return text !== undefined && verifies(text);
}

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

/** Is it over this request? Where a part holds the `|` that parts them, two requests have one text (wire.md §2.3). */
export function isGenuine({ parts, verifies }: RequestSignature): boolean {
  const texts = [parts.clientId, parts.methodPath, parts.timestamp];
  return !texts.some((text) => text.includes('|')) && verifies(texts.join('|'));
}

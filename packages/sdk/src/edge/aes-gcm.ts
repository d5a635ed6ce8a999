interface Sealing {
  aesKey: CryptoKey;
  /** 12 bytes, never twice under one key. */
  iv: Uint8Array<ArrayBuffer>;
  /** Authenticated beside the text; empty: none. */
  aad?: string | undefined;
}

/** AES-256-GCM of UTF-8 text: the ciphertext followed by its tag. */
export async function sealAesGcm({ text, aesKey, ...sealing }: Sealing & { text: string }): Promise<Uint8Array> {
  return new Uint8Array(await crypto.subtle.encrypt(parameters(sealing), aesKey, new TextEncoder().encode(text)));
}

/** The text inside ciphertext ‖ tag; undefined when the tag does not hold, whatever the reason. */
export async function openAesGcm({
  ct,
  aesKey,
  ...sealing
}: Sealing & { ct: Uint8Array<ArrayBuffer> }): Promise<string | undefined> {
  try {
    return new TextDecoder().decode(await crypto.subtle.decrypt(parameters(sealing), aesKey, ct));
  } catch {
    return undefined;
  }
}

/** Some runtimes do not take undefined for `additionalData`; none and an empty one are the same. */
function parameters({ iv, aad = '' }: Omit<Sealing, 'aesKey'>): Parameters<SubtleCrypto['encrypt']>[0] {
  return { name: 'AES-GCM', iv, additionalData: new TextEncoder().encode(aad), tagLength: 128 };
}

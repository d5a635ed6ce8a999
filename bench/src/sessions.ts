import { createEphemeralKey } from '@keyward/envelope/ephemeral-key';
import { deriveKey } from '@keyward/envelope/v1/derive';
import { sealWithKey } from '@keyward/envelope/v1/seal-with-key';

export interface Session {
  seal(plaintext: string): string;
}

/** An SDK's session: one ephemeral pair, a fresh nonce for each request. */
export function newSession(serverPublicKey: string): Session {
  const ephemeral = createEphemeralKey();
  const aesKey = deriveKey({ privateKey: ephemeral.privateKey, publicKey: Buffer.from(serverPublicKey, 'base64') });
  if (!aesKey) throw new Error('nothing can be sealed to this public key');
  return { seal: (plaintext) => JSON.stringify(sealWithKey({ aesKey, epk: ephemeral.publicKey, plaintext })) };
}

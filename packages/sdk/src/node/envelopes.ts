import { openReplyV1 } from '@keyward/envelope/v1/open-reply';
import { sealV1 } from '@keyward/envelope/v1/seal';
import { type EnvelopeV1Body, parseEnvelopeV1 } from '@keyward/envelope/v1/wire';
import { importPrivateKey } from '@keyward/envelope/x25519';
import { KeywardError } from '../keyward-error.ts';

export type EncryptedEnvelope = EnvelopeV1Body;

/** An envelope of version 1 (wire.md §2.1) around JSON. The public key is the server's, standard base64 of 32 bytes. */
export function encryptPayload(payload: Record<string, unknown>, serverPublicKey: string): EncryptedEnvelope {
  const recipientPublicKey = Buffer.from(serverPublicKey, 'base64');
  try {
    return sealV1({ recipientPublicKey, plaintext: JSON.stringify(payload) });
  } catch (cause) {
    throw new KeywardError('CONFIG', 'Nothing can be encrypted to this public key.', { cause });
  }
}

/** The JSON inside one, with the private half (32 raw bytes) of the key that it was made for. Throws `DECODE_ERROR`. */
export function decryptPayload(envelope: EncryptedEnvelope, privateKey: Uint8Array): Record<string, unknown> {
  const parsed = parseEnvelopeV1(envelope);
  const opened = parsed && openReplyV1({ envelope: parsed, privateKey: importPrivateKey(Buffer.from(privateKey)) });
  if (!opened) throw new KeywardError('DECODE_ERROR', 'The envelope could not be opened.');
  try {
    return JSON.parse(opened.toString());
  } catch {
    // The error would quote the plaintext.
    throw new KeywardError('DECODE_ERROR', 'What is in the envelope is not JSON.');
  }
}

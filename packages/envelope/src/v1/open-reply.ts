import type { KeyObject } from 'node:crypto';
import { openAesGcm } from '../aes-gcm.ts';
import { deriveKey } from './derive.ts';
import type { EnvelopeV1 } from './wire.ts';

/** The plaintext of an envelope to one private key: a client opens the reply to its `epk` (wire.md §5). All failures are undefined. */
export function openReplyV1(options: { envelope: EnvelopeV1; privateKey: KeyObject }): Buffer | undefined {
  const { epk, iv, ct } = options.envelope;
  const aesKey = deriveKey({ privateKey: options.privateKey, publicKey: epk });
  return aesKey && openAesGcm({ aesKey, iv, ct });
}

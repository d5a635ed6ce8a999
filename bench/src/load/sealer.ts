import { createEphemeralKey } from '@keyward/envelope/ephemeral-key';
import { deriveKey } from '@keyward/envelope/v1/derive';
import { sealWithKey } from '@keyward/envelope/v1/seal-with-key';
import { sealRequestV2 } from '@keyward/envelope/v2/seal';
import { openSessionV2 } from '@keyward/envelope/v2/session';
import { printEnvelopeV2 } from '@keyward/envelope/v2/wire';
import { systemClock } from '@keyward/kit/clock';
import type { Carrier, Recipient } from './call-plan.ts';

interface Sealed {
  /** JSON. */
  text: string;
  /** Below the base path, as it is sent. */
  path: string;
}

type Seal = (sealed: Sealed) => string;

/** As many applications as reuse a session at a time. */
const sessions = 16;

/** Seals the i-th call; undefined: calls are not sealed. */
export function sealer(carrier: Carrier, recipient: Recipient): ((i: number, sealed: Sealed) => string) | undefined {
  if (carrier === 'plain') return undefined;
  if (carrier === 'fresh-session') return (_, sealed) => sessionV2(recipient)(sealed);
  const open = carrier === 'session' ? sessionV2 : sessionV1;
  const opened = Array.from({ length: sessions }, () => open(recipient));
  return (i, sealed) => opened[i % sessions]?.(sealed) ?? '';
}

function sessionV2({ kid, publicKey }: Recipient): Seal {
  const session = openSessionV2({ recipient: { kid, publicKey: Buffer.from(publicKey, 'base64') } });
  return ({ text: plaintext, path }) => {
    const ts = new Date(systemClock.nowMs()).toISOString();
    return printEnvelopeV2(sealRequestV2({ session, ts, plaintext, method: 'POST', path }));
  };
}

function sessionV1({ publicKey }: Recipient): Seal {
  const { privateKey, publicKey: epk } = createEphemeralKey();
  const aesKey = deriveKey({ privateKey, publicKey: Buffer.from(publicKey, 'base64') });
  if (!aesKey) throw new Error('nothing can be sealed to this public key');
  return ({ text: plaintext }) => JSON.stringify(sealWithKey({ aesKey, epk, plaintext }));
}

import { DerivedKeyCache } from '@keyward/envelope/derived-key-cache';
import { createKeyringEntry, keyringOf } from '@keyward/envelope/keyring';
import type { SessionKeys } from '@keyward/envelope/v2/derive';
import { openV2 } from '@keyward/envelope/v2/open-request';
import { sealReplyV2, sealRequestV2 } from '@keyward/envelope/v2/seal';
import { openSessionV2 } from '@keyward/envelope/v2/session';
import { parseEnvelopeV2, printEnvelopeV2 } from '@keyward/envelope/v2/wire';
import { systemClock } from '@keyward/kit/clock';
import { type Task, turning } from './task.ts';

const nowMs = systemClock.nowMs();
const ts = new Date(nowMs).toISOString();
const entry = createKeyringEntry({ nowMs });
const keyring = keyringOf([entry]);
const recipient = { kid: entry.kid, publicKey: entry.publicKey };
const line = { method: 'POST', path: '/client/self?method_path=GET:/bench/items' };
const plaintext = JSON.stringify({ headers: { authorization: `Bearer apikee_${'k'.repeat(150)}` }, tellKey: true });
const reply = JSON.stringify({ success: true, clientId: 'c'.repeat(36), durationMs: 1.2, key: { id: 'k'.repeat(36) } });

const sessions = turning(Array.from({ length: 16 }, () => openSessionV2({ recipient })));
const texts = turning(Array.from({ length: 64 }, (_, i) => sealed(i)));
const envelopes = turning(Array.from({ length: 64 }, (_, i) => envelopeOf(sealed(i))));
const cache = new DerivedKeyCache<SessionKeys>({ maxEntries: 100 });
for (let i = 0; i < 16; i += 1) cache.remember({ ...opened(i), epk: envelopes(i).epk });

export const envelope: readonly Task[] = [
  { name: 'read what a request holds', call: (i) => parseEnvelopeV2(JSON.parse(texts(i))) },
  {
    name: 'open, the session is known',
    call: (i) => openV2({ envelope: envelopes(i), keyring, nowMs, cache, ...line }),
  },
  { name: 'open, with an ephemeral key of its own', call: opened },
  {
    name: 'seal the reply',
    call: (i) => {
      const { kid, epk, keys } = sessions(i);
      const { iv: requestIv } = envelopes(i);
      return sealReplyV2({ session: { kid, epk, keys }, ts, plaintext: reply, requestIv, ...line });
    },
  },
  { name: 'seal a request, the session is open', call: sealed },
  { name: 'open a session', call: () => openSessionV2({ recipient }) },
];

function sealed(i: number): string {
  return printEnvelopeV2(sealRequestV2({ session: sessions(i), ts, plaintext, ...line }));
}

function opened(i: number) {
  const found = openV2({ envelope: envelopes(i), keyring, nowMs, ...line });
  if (!found) throw new Error('an envelope of ours could not be opened');
  return found;
}

function envelopeOf(text: string) {
  const envelope = parseEnvelopeV2(JSON.parse(text));
  if (!envelope) throw new Error('an envelope of ours could not be read');
  return envelope;
}

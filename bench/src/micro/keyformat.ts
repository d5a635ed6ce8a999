import { canonicalKey } from '@keyward/keyformat/canonical-key';
import { keyDigest } from '@keyward/keyformat/key-digest';
import { issueOpaqueKey, parseOpaqueKey } from '@keyward/keyformat/opaque-key';
import { issueSignedKey, parseSignedKey, verifySignedKey } from '@keyward/keyformat/signed-key';
import { systemClock } from '@keyward/kit/clock';
import { type Task, turning } from './task.ts';

const secret = 'a signing secret of an environment';
const pepper = Buffer.alloc(32, 7);
const nowMs = systemClock.nowMs();
const claims = { tid: 'acme', scp: ['read', 'write'], env: 'production', meta: { plan: 'pro' } };
const signed = turning(Array.from({ length: 64 }, () => issueSignedKey({ claims, secret, nowMs }).key));
const opaque = turning(Array.from({ length: 64 }, () => issueOpaqueKey('myapp_live')));
const junk = turning(Array.from({ length: 64 }, (_, i) => `apikee_${'z'.repeat(4_040)}${i}.${'y'.repeat(42)}`));

export const keyformat: readonly Task[] = [
  { name: 'signed key: parse', call: (i) => parseSignedKey(signed(i)) },
  { name: 'signed key: verify', call: (i) => verifySignedKey(signed(i), [secret]) },
  {
    name: 'signed key: verify 4,096 characters of another',
    call: (i) => verifySignedKey(junk(i), [secret]) === undefined,
  },
  { name: 'signed key: issue', call: () => issueSignedKey({ claims, secret, nowMs }) },
  { name: 'opaque key: parse', call: (i) => parseOpaqueKey(opaque(i)) },
  { name: 'opaque key: issue', call: () => issueOpaqueKey('myapp_live') },
  {
    name: 'digest that a signed key is looked up by',
    call: (i) => keyDigest({ pepper, domain: 'customer', canonical: canonicalKey(signed(i))?.canonical ?? '' }),
  },
];

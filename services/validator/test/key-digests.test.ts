import { keyDigest } from '@keyward/keyformat/key-digest';
import { issueOpaqueKey } from '@keyward/keyformat/opaque-key';
import { expect, it } from 'vitest';
import { ImportedKeys } from '../src/imported-keys.ts';
import { KeyDigests } from '../src/key-digests.ts';

const pepper = Buffer.from('a pepper of thirty-two characters');
const imported = new ImportedKeys({ pepper, projectionKey: Buffer.alloc(32, 7).toString('base64') });
const digestOf = (domain: 'customer' | 'server', canonical: string) =>
  keyDigest({ pepper, domain, canonical }).toString('base64url');

it('gives a key that was learned the digest of before, in each domain its own', () => {
  const digests = new KeyDigests({ pepper, imported, size: 10 });
  const raw = issueOpaqueKey('kw_live');
  const before = digests.of('customer', raw);
  digests.learn('customer', raw);
  expect(before).toBe(digestOf('customer', raw));
  expect(digests.of('customer', raw)).toBe(before);
  expect(digests.of('server', raw)).toBe(digestOf('server', raw));
});

it('gives every key its own digest when more were learned than it keeps', () => {
  const digests = new KeyDigests({ pepper, imported, size: 2 });
  const keys = Array.from({ length: 5 }, () => issueOpaqueKey('kw_live'));
  for (const raw of keys) digests.learn('customer', raw);
  for (const raw of keys) expect(digests.of('customer', raw)).toBe(digestOf('customer', raw));
});

it('knows one signed key by its one digest, however many zeros are before its parts', () => {
  const digests = new KeyDigests({ pepper, imported, size: 10 });
  digests.learn('customer', 'apikee_2Zb.7Qc');
  expect(digests.of('customer', 'apikee_0002Zb.07Qc')).toBe(digestOf('customer', 'apikee_2Zb.7Qc'));
});

it('has none for what cannot be a key', () => {
  const digests = new KeyDigests({ pepper, imported, size: 10 });
  digests.learn('customer', 'garbage');
  expect(digests.of('customer', 'garbage')).toBeUndefined();
});

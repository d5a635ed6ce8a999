import { auditDiff } from '@keyward/admin-api/changes/audit-diff';
import { etagOf } from '@keyward/admin-api/changes/etag';
import { Product } from '@keyward/contract/routes/product';
import { describe, expect, it } from 'vitest';

const product = (metadata: object, fields: object = {}) => ({ id: '1', name: 'p', metadata, ...fields });
const of = (before: object, after: object) => JSON.parse(auditDiff(before, after) ?? 'null');
/** Fields of ours are called so, too: those that use changes, and those that are secret. */
const names = ['version', 'count', 'stats', 'env', 'team', 'updatedAt', 'key', 'token', 'password'];

describe('what a change is told by', () => {
  it.each(names)('has what somebody wrote into metadata as %s', (name) => {
    const [before, after] = [product({ [name]: 'old' }), product({ [name]: 'new' })];
    expect(Object.keys(of(before, after).after)).toEqual(['metadata']);
    expect(etagOf(Product, before)).not.toBe(etagOf(Product, after));
  });

  it('has what is deeper in metadata, and in lists', () => {
    const [before, after] = [product({ of: [{ plan: { version: 1 } }] }), product({ of: [{ plan: { version: 2 } }] })];
    expect(of(before, after)).toEqual({ before: { metadata: before.metadata }, after: { metadata: after.metadata } });
  });

  it('has no secret, wherever it stands', () => {
    const [before, after] = [product({ token: 'one' }, { key: 'old' }), product({ token: 'two' }, { key: 'new' })];
    const told = { metadata: { token: '[redacted]' }, key: '[redacted]' };
    expect(of(before, after)).toEqual({ before: told, after: told });
  });

  it('has nothing of what use changes', () => {
    const before = product({}, { keys: [{ requestCount: 1 }], lastUsedAt: null });
    expect(auditDiff(before, product({}, { keys: [{ requestCount: 2 }], lastUsedAt: 'now' }))).toBeNull();
  });
});

import { hash } from 'node:crypto';
import type { Insertable } from 'kysely';
import type { AuditEventTable } from './schema-management.ts';

export type AuditFacts = Omit<Insertable<AuditEventTable>, 'hash' | 'diff' | 'at'> & { at: Date };

/** Before the first record of an organization. */
export const chainBegin: Buffer = Buffer.alloc(32);

/**
 * What chains a record to the one before it: SHA-256 over the previous hash and all facts of this one, as a JSON array. Of the diff it
 * covers the hash only, so that a diff can be erased and the chain still be verified (design.md §8).
 */
export function auditHash(previous: Buffer, facts: AuditFacts): Buffer {
  const covered = [
    previous.toString('hex'),
    facts.organization_id,
    facts.seq,
    facts.id,
    facts.at.toISOString(),
    facts.actor_kind,
    facts.actor_id ?? null,
    facts.action,
    facts.outcome,
    facts.subject_kind,
    facts.subject_id ?? null,
    facts.environment_id ?? null,
    facts.request_id,
    facts.diff_hash.toString('hex'),
  ];
  return hash('sha256', JSON.stringify(covered), 'buffer');
}

/** Of a record without a diff, too. */
export function diffHash(diff: string | null): Buffer {
  return hash('sha256', diff ?? '', 'buffer');
}

import { sql } from 'kysely';
import { auditHash, chainBegin, diffHash } from './audit-hash.ts';
import type { Database } from './database.ts';
import { type ChainedAuditRow, findAuditHead, walkAudit } from './read-audit.ts';

/** A place in a chain that somebody kept elsewhere. */
export interface AuditPlace {
  seq: number;
  /** Hex. */
  hash: string;
}

export interface VerifiedChain {
  organizationId: string;
  /** How many records were looked at, up to the fault if there is one. */
  records: number;
  /** Of how many of them the diff was erased, or never was. */
  withoutDiff: number;
  /** Where the chain ends, to be kept elsewhere; null: nothing was ever recorded. */
  head: AuditPlace | null;
  /** The first record that does not fit, and why. */
  fault: { seq: number; reason: string } | null;
}

interface Verifying {
  organizationId: string;
  /** Begins with this record, which must still have this hash. Whoever can rewrite the database can rewrite its head. */
  from?: AuditPlace | undefined;
}

/** Walks an organization's chain: is there every record, as it was written? It may grow meanwhile. */
export async function verifyAudit(db: Database, { organizationId, from }: Verifying): Promise<VerifiedChain> {
  const head = await findAuditHead(db, organizationId);
  const begin = head && { seq: head.seq, hash: Buffer.from(head.hash).toString('hex') };
  const chain = { organizationId, records: 0, withoutDiff: 0, head: begin ?? null };
  const until = begin?.seq ?? 0;
  if (from && from.seq > until)
    return { ...chain, fault: { seq: from.seq, reason: `the chain ends at ${until}, before it` } };
  const walking = new ChainWalk(from);
  for await (const rows of walkAudit(db, { organizationId, after: walking.seq, until })) {
    for (const row of rows) {
      const reason = walking.faultOf(row);
      if (reason === undefined) continue;
      return { ...chain, ...walking.counts, fault: { seq: walking.seq + 1, reason } };
    }
  }
  return { ...chain, ...walking.counts, fault: walking.faultOfEnd(begin) ?? (await beyondHead(db, organizationId)) };
}

/** What was seen of a chain so far. */
class ChainWalk {
  readonly #from: AuditPlace | undefined;
  readonly #counts = { records: 0, withoutDiff: 0 };
  #hash: Buffer | undefined;
  #seq: number;

  constructor(from: AuditPlace | undefined) {
    this.#from = from;
    this.#seq = from ? from.seq - 1 : 0;
  }

  /** The last record that fits. */
  get seq(): number {
    return this.#seq;
  }

  get counts() {
    return { ...this.#counts };
  }

  /** Why the record is not the next one; undefined: it is, and was gone on to. */
  faultOf(row: ChainedAuditRow): string | undefined {
    const expected = this.#seq + 1;
    if (row.seq !== expected) return `record ${expected} is missing: after ${this.#seq} comes ${row.seq}`;
    // The first one of a walk that begins in the middle is the only one whose predecessor was not seen.
    const previous = this.#hash ?? (row.seq === 1 ? chainBegin : row.previous_hash);
    if (previous === null) return `record ${this.#seq}, which it is chained to, is missing`;
    const hash = Buffer.from(row.hash);
    if (!auditHash(Buffer.from(previous), { ...row, diff_hash: Buffer.from(row.diff_hash) }).equals(hash))
      return 'it is not what its hash was made of, or not after the record that it was written after';
    if (row.diff !== null && !diffHash(row.diff).equals(Buffer.from(row.diff_hash)))
      return 'its diff is not the one that was written';
    if (row.seq === this.#from?.seq && hash.toString('hex') !== this.#from.hash)
      return `it has not the hash that was kept: ${this.#from.hash}`;
    this.#hash = hash;
    this.#seq = row.seq;
    this.#counts.records += 1;
    if (row.diff === null) this.#counts.withoutDiff += 1;
    return undefined;
  }

  faultOfEnd(head: AuditPlace | undefined): VerifiedChain['fault'] {
    if (head === undefined) return null;
    const missing = this.#seq + 1;
    if (this.#seq < head.seq)
      return { seq: missing, reason: `record ${missing} is missing: the chain's head is ${head.seq}` };
    if ((this.#hash ?? chainBegin).toString('hex') === head.hash) return null;
    return { seq: head.seq, reason: "it has not the hash that the chain's head has" };
  }
}

/** Nothing is written without the head. */
async function beyondHead(db: Database, organizationId: string): Promise<VerifiedChain['fault']> {
  const { rows } = await sql<{ seq: number | null }>`
    select min(seq) as seq from audit_event where organization_id = ${organizationId}
    and seq > coalesce((select seq from audit_head where organization_id = ${organizationId}), 0)`.execute(db);
  const seq = rows[0]?.seq ?? null;
  return seq === null ? null : { seq, reason: "it lies beyond the chain's head" };
}

import type { ColumnType, Generated } from 'kysely';

type CreatedAt = ColumnType<Date, Date | string, never>;

/** A change that was made, or that somebody was not allowed to make; see audit-hash.ts for the chain. */
export interface AuditEventTable {
  organization_id: string;
  /** 1 and so on in each organization, without a gap. */
  seq: number;
  id: string;
  at: CreatedAt;
  actor_kind: 'user' | 'server-key' | 'system';
  actor_id: string | null;
  action: string;
  outcome: 'done' | 'denied';
  subject_kind: string;
  subject_id: string | null;
  environment_id: string | null;
  request_id: string;
  /** JSON, `{before, after}`, as it was hashed; null: there is none, or it was erased. */
  diff: string | null;
  diff_hash: Buffer;
  hash: Buffer;
}

/** The last record of each organization's chain. */
export interface AuditHeadTable {
  organization_id: string;
  seq: number;
  hash: Buffer;
  /** The youngest time of a record. */
  latest_at: ColumnType<Date | null, Date | undefined, Date>;
  /** By how much a record was older than one before it, at most: clocks differ, and transactions wait. */
  lag_ms: Generated<number>;
}

/** What a call with an `Idempotency-Key` was answered, sealed under the master key. */
export interface IdempotentAnswerTable {
  actor_id: string;
  key: string;
  /** Digest of the request, under the pepper. */
  fingerprint: Buffer;
  status: number | null;
  /** null: what it told of was deleted. */
  sealed: Buffer | null;
  /** Rows of `config_outbox` that its change left. */
  notes: Generated<string[]>;
  /** The organization, or the person, whose it is. */
  owner_id: string | null;
  /** What it tells of. */
  subject_ids: Generated<string[]>;
  created_at: ColumnType<Date, Date, Date>;
}

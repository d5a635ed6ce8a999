import type { ColumnType, Generated } from 'kysely';

type Time = ColumnType<Date, Date | string, Date | string>;
type CreatedAt = ColumnType<Date, Date | string, never>;

/** Where keys come from that another system has made: how it hashed them, and what they begin with. */
export interface KeyImportTable {
  id: string;
  organization_id: string;
  environment_id: string;
  name: string;
  hash: 'sha256' | 'hmac-sha256';
  /** The secret of the other system's HMAC: AES-256-GCM under the master key, row id as additional data. */
  sealed: Buffer | null;
  prefixes: string[];
  created_at: CreatedAt;
}

/** A successor that is due, and waits to be claimed. */
export interface KeyRotationTable {
  id: string;
  organization_id: string;
  environment_id: string;
  client_id: string;
  key_id: string;
  successor_id: string | null;
  created_at: CreatedAt;
  claimed_at: Time | null;
}

/** A pepper that the digests were made with; 0 is the first. */
export interface PepperWrapTable {
  number: number;
  mark: Buffer;
  wrapped_at: CreatedAt;
}

/** What was erased with a client, or with one of its keys. */
export interface ErasureReceiptTable {
  id: string;
  organization_id: string;
  environment_id: string;
  client_id: string;
  /** null: the client with all that it had. */
  key_id: string | null;
  requested_at: CreatedAt;
  completed_at: Time | null;
  audit_records: number;
  sightings: number;
  log_lines: Generated<number>;
  dead_letters: Generated<number>;
}

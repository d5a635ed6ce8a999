import type { WebhookEvent } from '@keyward/contract/webhook-event';
import type { AuditRecord } from '@keyward/stores/postgres/append-audit';
import type { Database } from '@keyward/stores/postgres/database';
import type { ConfigChange, ConfigNote, Projector } from '../projection/projector.ts';
import { auditDiff } from './audit-diff.ts';

interface ChangeOptions {
  transaction: Database;
  organizationId: string;
  now: Date;
  projector: Projector;
}

/** What was changed, for the audit: `before` and `after` are the resource as the API shows it. */
export interface Audited {
  /** `<resource>.<verb>`. */
  action: string;
  subject: { kind: string; id: string };
  environmentId?: string;
  before?: object;
  after?: object;
}

/** A change on its way: the transaction, and what goes along with its rows. */
export class Change {
  readonly transaction: Database;
  readonly organizationId: string;
  readonly now: Date;
  readonly notes: ConfigNote[] = [];
  readonly records: AuditRecord[] = [];
  readonly events: WebhookEvent[] = [];
  readonly #projector: Projector;

  constructor({ transaction, organizationId, now, projector }: ChangeOptions) {
    this.transaction = transaction;
    this.organizationId = organizationId;
    this.now = now;
    this.#projector = projector;
  }

  /** The validators have to hear of this before the change is answered. */
  async note(change: ConfigChange): Promise<void> {
    this.notes.push(await this.#projector.note(this.transaction, change));
  }

  /** Webhooks are told of this, if the change comes about. */
  emit(...events: readonly WebhookEvent[]): void {
    this.events.push(...events);
  }

  /** Who did what to whom; written last, since it locks the organization's chain. */
  record({ action, subject, environmentId, before, after }: Audited): void {
    const diff = auditDiff(before, after);
    this.records.push({ action, outcome: 'done', subject, environmentId: environmentId ?? null, diff });
  }
}

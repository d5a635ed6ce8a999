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

/** A change of what is a person's own on its way: the transaction, and the records that go along with its rows. */
export class AccountChange {
  readonly transaction: Database;
  readonly now: Date;
  readonly records: AuditRecord[] = [];

  constructor({ transaction, now }: Pick<ChangeOptions, 'transaction' | 'now'>) {
    this.transaction = transaction;
    this.now = now;
  }

  /** Who did what to whom; written last, since it locks the organization's chain. */
  record({ action, subject, environmentId, before, after }: Audited): void {
    const diff = auditDiff(before, after);
    // As rows have it: a URL may spell an id in capitals, and whoever looks for its records does not know how.
    const named = { ...subject, id: subject.id.toLowerCase() };
    this.records.push({ action, outcome: 'done', subject: named, environmentId: environmentId ?? null, diff });
  }
}

/** A change in an organization, with what the validators have to hear of it. */
export class Change extends AccountChange {
  readonly organizationId: string;
  readonly notes: ConfigNote[] = [];
  readonly events: WebhookEvent[] = [];
  readonly #projector: Projector;

  constructor({ organizationId, projector, ...options }: ChangeOptions) {
    super(options);
    this.organizationId = organizationId;
    this.#projector = projector;
  }

  /** The validators have to hear of this before the change is answered. */
  async note(...changes: readonly ConfigChange[]): Promise<void> {
    this.notes.push(...(await this.#projector.note(this.transaction, changes)));
  }

  /** Webhooks are told of this, if the change comes about. */
  emit(...events: readonly WebhookEvent[]): void {
    this.events.push(...events);
  }
}

import type { Clock } from '@keyward/kit/clock';
import { newId } from '@keyward/kit/random';
import type { ProjectionStore } from '@keyward/stores/ports/projection-store';
import { appendAudit } from '@keyward/stores/postgres/append-audit';
import type { Database } from '@keyward/stores/postgres/database';
import { inTransaction } from '@keyward/stores/postgres/in-transaction';
import { endOutdatedRow, findOutdatedRows, type OutdatedRow } from '@keyward/stores/postgres/outdated-rows';
import { system } from '../changes/author.ts';
import { AccountChange } from '../changes/change.ts';

interface Keeping {
  db: Database;
  store: ProjectionStore;
  clock: Clock;
  /** Told of each, in a sentence. */
  report(line: string): void;
}

const severity = { active: 0, disabled: 1, revoked: 2 } as const;
const actions = {
  key: { disabled: 'key.change', revoked: 'key.revoke' },
  client: { disabled: 'client.change', revoked: 'client.change' },
  'server-key': { disabled: 'server-key.revoke', revoked: 'server-key.revoke' },
} as const;

/**
 * After Postgres went back to a backup the shards know what has ended since: it ends in Postgres, too, before that is written
 * over them. What else was changed since is told, for the shards do not hold all of it.
 */
export async function keepEnded({ db, store, clock, report }: Keeping): Promise<void> {
  const changed = { clients: new Set<string>(), environments: new Set<string>() };
  let ended = 0;
  for await (const page of store.scanRecords()) {
    for (const row of await findOutdatedRows(db, page)) {
      if (row.kind === 'client') changed.clients.add(row.id);
      if (row.kind === 'server-key') changed.environments.add(row.environmentId);
      if (severity[row.held] <= severity[row.status]) continue;
      await end(db, row, new Date(clock.nowMs()));
      report(`Ended again: ${row.kind} ${row.id} of environment ${row.environmentId} is ${row.held}.`);
      ended += 1;
    }
  }
  for (const id of changed.clients)
    report(`Changed since: client ${id}. What it and its keys were given or denied since is undone: look at them.`);
  for (const id of changed.environments)
    report(`Changed since: environment ${id}. Look at its settings, rules and secrets; delete again what was deleted.`);
  report(`Ended again: ${ended} in all, that Postgres did not know to have ended.`);
}

function end(db: Database, row: OutdatedRow, now: Date): Promise<void> {
  const { kind, id, environmentId, organizationId, status, held } = row;
  return inTransaction(db, async (transaction) => {
    await endOutdatedRow(transaction, row, now);
    const change = new AccountChange({ transaction, now });
    const action = actions[kind][held === 'revoked' ? 'revoked' : 'disabled'];
    change.record({ action, subject: { kind, id }, environmentId, before: { status }, after: { status: held } });
    const { records } = change;
    await appendAudit(transaction, { organizationId, actor: system, requestId: newId(), at: now, records });
  });
}

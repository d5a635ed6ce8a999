import type { OutboxAccount, OutboxAccounts } from '@keyward/stores/ports/outbox-accounts';

/** Outboxes that say what they are told to. */
export class AccountsTwin implements OutboxAccounts {
  accounts: OutboxAccount[] = [];
  read: OutboxAccounts['read'] = async () => this.accounts.map((account) => ({ ...account }));
  listBuried = async () => [];
  dropBuried = async () => undefined;
  [Symbol.asyncDispose] = async () => undefined;
}

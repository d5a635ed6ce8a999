import { AppError } from '@keyward/kit/app-error';
import type { Database } from '@keyward/stores/postgres/database';
import { countClientsOf, lockTemplate } from '@keyward/stores/postgres/templates';

interface Template {
  environmentId: string;
  id: string;
}

/** Refuses one more client for a template that has as many as it takes (`maxClients`); nobody else gets its last place meanwhile. */
export async function requirePlace(transaction: Database, template: Template): Promise<void> {
  const found = await findPlace(transaction, template);
  if (found.kind === 'unknown') throw new AppError('CONFLICT', 'The template has just been deleted.');
  if (found.kind === 'full')
    throw new AppError(
      'CONFLICT',
      `The template "${found.name}" takes at most ${found.maxClients} clients, and has them.`,
    );
}

type Place = { kind: 'free' } | { kind: 'unknown' } | { kind: 'full'; name: string; maxClients: number };

export async function findPlace(transaction: Database, { environmentId, id }: Template): Promise<Place> {
  const row = await lockTemplate(transaction, environmentId, id);
  if (!row) return { kind: 'unknown' };
  const { name, max_clients: maxClients } = row;
  if (maxClients === null || (await countClientsOf(transaction, id, maxClients)) < maxClients) return { kind: 'free' };
  return { kind: 'full', name, maxClients };
}

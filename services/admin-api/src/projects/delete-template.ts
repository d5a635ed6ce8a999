import type { Removed } from '@keyward/contract/fields';
import { Template } from '@keyward/contract/routes/project';
import { AppError } from '@keyward/kit/app-error';
import { raiseEnvironmentVersion, updateSettings } from '@keyward/stores/postgres/projects';
import {
  countClientsOf,
  deleteTemplate as deleteRow,
  lockTemplate,
  takeTemplateAway,
} from '@keyward/stores/postgres/templates';
import type { Administration } from '../administration.ts';
import type { Change } from '../changes/change.ts';
import { etagOf, requireMatch } from '../changes/etag.ts';
import { type ChangeCall, type EnvironmentChangeCall, makeChange } from '../changes/make-change.ts';
import { type Outcome, removed } from '../changes/outcome.ts';
import { unknownTemplate, viewTemplate } from './templates.ts';

export async function removeTemplate(
  administration: Administration,
  call: EnvironmentChangeCall,
  { id, forceDelete = false }: { id: string; forceDelete?: boolean | undefined },
): Promise<Outcome<Removed>> {
  const { environment, ifMatch } = call;
  return makeChange(administration, call, async (change) => {
    await deleteTemplate(change, { environmentId: environment.id, id, forceDelete, ifMatch });
    return removed;
  });
}

interface Deleting extends Pick<ChangeCall, 'ifMatch'> {
  environmentId: string;
  id: string;
  forceDelete: boolean;
}

/**
 * Deletes a template. Clients that use it, and the setting by which new ones would, have to be given up by force, and have none
 * from then on.
 */
export async function deleteTemplate(
  change: Change,
  { environmentId, id, forceDelete, ifMatch }: Deleting,
): Promise<{ template: Template; forced: boolean }> {
  const { transaction, now } = change;
  const environment = await raiseEnvironmentVersion(transaction, environmentId, now);
  const row = await lockTemplate(transaction, environmentId, id);
  if (!environment || !row) throw unknownTemplate();
  const template = viewTemplate(row);
  requireMatch(ifMatch, etagOf(Template, template));
  const isDefault = environment.settings.defaultTemplateId === row.id;
  const clients = await countClientsOf(transaction, row.id);
  const forced = clients > 0 || isDefault;
  if (forced && !forceDelete) throw inUse({ clients, isDefault });
  const clientIds = await takeTemplateAway(transaction, row.id, now);
  await change.note(...clientIds.map((clientId) => ({ environmentId, clientId })));
  for (const clientId of clientIds)
    change.emit({ type: 'client.changed', environmentId, data: { clientId, changed: ['templateId'] } });
  if (isDefault) await updateSettings(transaction, environmentId, { ...environment.settings, defaultTemplateId: null });
  await deleteRow(transaction, row.id);
  await change.note({ environmentId });
  const subject = { kind: 'template', id: row.id };
  change.record({ action: 'template.delete', subject, environmentId, before: { ...template, clients } });
  return { template, forced };
}

function inUse({ clients, isDefault }: { clients: number; isDefault: boolean }): AppError {
  const users = [
    ...(clients > 0 ? [`clients (${clients})`] : []),
    ...(isDefault ? ['the setting defaultTemplateId'] : []),
  ].join(' and ');
  return new AppError('CONFLICT', `This template is used by ${users}: give them another, or repeat with forceDelete.`);
}

import { type NewTemplate, Template } from '@keyward/contract/routes/project';
import type { TemplateChange } from '@keyward/contract/routes/template';
import { AppError } from '@keyward/kit/app-error';
import { newId } from '@keyward/kit/random';
import type { Database } from '@keyward/stores/postgres/database';
import type { EnvironmentRow } from '@keyward/stores/postgres/projects';
import {
  findTemplate,
  findTemplateByName,
  insertTemplates,
  type TemplateRow,
  updateTemplate,
} from '@keyward/stores/postgres/templates';
import type { Administration } from '../administration.ts';
import { etagOf, requireMatch } from '../changes/etag.ts';
import type { EnvironmentChangeCall } from '../changes/make-change.ts';
import { created, done, type Outcome } from '../changes/outcome.ts';
import { changeEnvironment } from './change-environment.ts';

export async function createTemplate(
  administration: Administration,
  call: EnvironmentChangeCall,
  input: NewTemplate,
): Promise<Outcome<Template>> {
  const { environment } = call;
  return changeEnvironment(administration, call, async ({ transaction, now }, { record }) => {
    await requireFreeName(transaction, { environment, name: input.name });
    const row = {
      id: newId(),
      organization_id: environment.organization_id,
      environment_id: environment.id,
      name: input.name,
      rate_limit_hour: null,
      rate_limit_day: null,
      rate_limit_week: null,
      rate_limit_month: null,
      max_clients: null,
      created_at: now,
      ...columns(input),
    };
    await insertTemplates(transaction, [row]);
    const view = viewTemplate(row);
    record({ action: 'template.create', subject: { kind: 'template', id: row.id }, after: view });
    return created(view);
  });
}

interface Changing {
  id: string;
  change: TemplateChange;
}

/** From the answer on every validator holds the template's clients to its new limits; what they used stays used. */
export async function changeTemplate(
  administration: Administration,
  call: EnvironmentChangeCall,
  { id, change }: Changing,
): Promise<Outcome<Template>> {
  const { environment } = call;
  return changeEnvironment(administration, call, async ({ transaction }, { record }) => {
    const old = await findTemplate(transaction, environment.id, id);
    if (!old) throw unknownTemplate();
    const before = viewTemplate(old);
    requireMatch(call.ifMatch, etagOf(Template, before));
    if (change.name !== undefined) await requireFreeName(transaction, { environment, name: change.name, except: id });
    const row = await updateTemplate(transaction, { environmentId: environment.id, id, change: columns(change) });
    if (!row) throw unknownTemplate();
    const after = viewTemplate(row);
    record({ action: 'template.change', subject: { kind: 'template', id: row.id }, before, after });
    return done(after);
  });
}

export function unknownTemplate(): AppError {
  return new AppError('NOT_FOUND', 'There is no such template.');
}

interface NameOptions {
  environment: EnvironmentRow;
  name: string;
  except?: string;
}

async function requireFreeName(transaction: Database, { environment, name, except }: NameOptions): Promise<void> {
  const existingId = await findTemplateByName(transaction, environment.id, name);
  if (existingId === undefined || existingId === except?.toLowerCase()) return;
  throw new AppError('ALREADY_EXISTS', 'This environment has a template of that name.', { existingId });
}

/** The columns that the input names; null is a value: unlimited. */
function columns(input: TemplateChange) {
  const named = {
    name: input.name,
    rate_limit_hour: input.rateLimitHour,
    rate_limit_day: input.rateLimitDay,
    rate_limit_week: input.rateLimitWeek,
    rate_limit_month: input.rateLimitMonth,
    max_clients: input.maxClients,
  };
  return Object.fromEntries(Object.entries(named).filter(([, value]) => value !== undefined));
}

export function viewTemplate(row: TemplateRow): Template {
  return {
    id: row.id,
    name: row.name,
    rateLimitHour: row.rate_limit_hour,
    rateLimitDay: row.rate_limit_day,
    rateLimitWeek: row.rate_limit_week,
    rateLimitMonth: row.rate_limit_month,
    maxClients: row.max_clients,
  };
}

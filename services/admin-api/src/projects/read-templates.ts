import type { Template } from '@keyward/contract/routes/project';
import type { EnvironmentRow } from '@keyward/stores/postgres/projects';
import { findTemplate, listTemplatesOf } from '@keyward/stores/postgres/templates';
import type { Administration } from '../administration.ts';
import { type Paged, paged } from '../paging.ts';
import { unknownTemplate, viewTemplate } from './templates.ts';

interface ListOptions {
  environment: EnvironmentRow;
  name: string | undefined;
  page: number;
  limit: number;
}

export async function readTemplates(
  { db }: Administration,
  { environment, name, page, limit }: ListOptions,
): Promise<Paged<Template>> {
  const part = { limit, offset: (page - 1) * limit };
  const { total, rows } = await listTemplatesOf(db, { environmentId: environment.id, name, ...part });
  return paged({ data: rows.map(viewTemplate), total, page, limit });
}

export async function readTemplate({ db }: Administration, environment: EnvironmentRow, id: string): Promise<Template> {
  const row = await findTemplate(db, environment.id, id);
  if (!row) throw unknownTemplate();
  return viewTemplate(row);
}

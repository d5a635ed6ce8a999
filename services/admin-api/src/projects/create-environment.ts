import type { NewEnvironment } from '@keyward/contract/routes/project';
import { newId, newSecret } from '@keyward/kit/random';
import { insertEnvironment, type ProjectRow } from '@keyward/stores/postgres/projects';
import { insertServerKey } from '@keyward/stores/postgres/server-keys';
import { insertSigningSecret } from '@keyward/stores/postgres/signing-secrets';
import { insertTemplates } from '@keyward/stores/postgres/templates';
import type { Administration } from '../administration.ts';
import type { Change } from '../changes/change.ts';
import { issueServerKey } from './issue-server-key.ts';

/** What is shown once: the first server key and signing secret of each environment, by its id. */
export type FirstSecrets = Map<string, { serverKey: string; signingSecret: string }>;

interface Options {
  project: ProjectRow;
  input: NewEnvironment;
}

/** A new environment, whose names are taken; it has a server key and a signing secret to begin with. */
export async function createEnvironment(
  { pepper, secrets }: Administration,
  change: Change,
  { project, input }: Options,
): Promise<{ id: string; serverKey: string; signingSecret: string }> {
  const { transaction, now } = change;
  const organization_id = project.organization_id;
  const id = newId();
  const scope = { organization_id, environment_id: id, created_at: now };
  await insertEnvironment(transaction, {
    id,
    organization_id,
    project_id: project.id,
    type: input.type,
    project_env: projectEnvOf(project, input),
    url: input.url ?? null,
    status: input.status ?? 'active',
    metadata: JSON.stringify(input.metadata ?? {}),
    version: now.getTime(),
    created_at: now,
    updated_at: now,
  });
  await insertTemplates(
    transaction,
    (input.templates ?? []).map((template) => ({
      id: newId(),
      ...scope,
      name: template.name,
      rate_limit_hour: template.rateLimitHour ?? null,
      rate_limit_day: template.rateLimitDay ?? null,
      rate_limit_week: template.rateLimitWeek ?? null,
      rate_limit_month: template.rateLimitMonth ?? null,
      max_clients: template.maxClients ?? null,
    })),
  );
  const [secretId, signingSecret] = [newId(), newSecret()];
  const sealed = secrets.seal(signingSecret, secretId);
  await insertSigningSecret(transaction, { id: secretId, ...scope, name: 'first', is_first: true, sealed });
  const environment = { id, organization_id, type: input.type };
  const serverKey = issueServerKey({ pepper }, { environment, name: 'first', now });
  await insertServerKey(transaction, serverKey.row);
  await change.note({ environmentId: id });
  return { id, serverKey: serverKey.raw, signingSecret };
}

export function projectEnvOf({ slug }: Pick<ProjectRow, 'slug'>, { type }: Pick<NewEnvironment, 'type'>): string {
  return `${slug}-${type}`;
}

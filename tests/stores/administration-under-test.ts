import { randomBytes } from 'node:crypto';
import { accountPolicy } from '@keyward/admin-api/accounts/account-policy';
import { accountVariables } from '@keyward/admin-api/accounts/account-variables';
import { lastUses } from '@keyward/admin-api/accounts/last-uses';
import type { Administration } from '@keyward/admin-api/administration';
import { system } from '@keyward/admin-api/changes/author';
import { createClients } from '@keyward/admin-api/clients/create-clients';
import { createFirstOwner } from '@keyward/admin-api/first-setup';
import { Projector, type SecretBoxes } from '@keyward/admin-api/projection/projector';
import { createProject } from '@keyward/admin-api/projects/create-project';
import type { Client, NewClient } from '@keyward/contract/routes/client';
import type { Clock } from '@keyward/kit/clock';
import { loadConfig } from '@keyward/kit/config';
import { outboundRules } from '@keyward/kit/outbound-rules';
import { newId } from '@keyward/kit/random';
import { SecretBox } from '@keyward/kit/secret-box';
import type { ProjectionStore } from '@keyward/stores/ports/projection-store';
import { findFirstOwner } from '@keyward/stores/postgres/accounts';
import type { Database } from '@keyward/stores/postgres/database';
import { migrate } from '@keyward/stores/postgres/migrate';
import { type EnvironmentRow, findEnvironment } from '@keyward/stores/postgres/projects';
import { uniqueName } from '@keyward/tests/backends/unique-name';
import Type from 'typebox';
import { quietLogger as logger } from './sample-events.ts';

interface Parts {
  db: Database;
  store: ProjectionStore;
  clock: Clock;
}

/** The management calls without their routes, on an empty database. */
export async function administrationOn({ db, store, clock }: Parts): Promise<Administration & { boxes: SecretBoxes }> {
  await migrate(db);
  const newBox = () => new SecretBox(randomBytes(32).toString('base64'));
  const boxes = { master: newBox(), projection: newBox() };
  const policy = accountPolicy({ ...loadConfig(Type.Object(accountVariables), {}), SERVICE_TOKEN: newId() });
  const administration = {
    db,
    boxes,
    projector: new Projector({ db, store, boxes, clock, logger }),
    pepper: randomBytes(32),
    secrets: boxes.master,
    clock,
    policy,
    uses: lastUses(db, policy),
    outbound: outboundRules({ allowedHosts: '127.0.0.1' }),
    issuer: undefined,
    maxEndpoints: 10,
    operatorOrganization: undefined,
    organizationCreation: 'operator' as const,
  };
  await createFirstOwner(administration, { organization: 'o', email: 'o@example.test', password: newId() });
  return administration;
}

/** A new project's only environment, and how far its making came. */
export async function newEnvironment(administration: Administration) {
  const organizationId = (await findFirstOwner(administration.db))?.organizationId ?? '';
  const slug = uniqueName('p').replaceAll(/[^a-z0-9]/g, '');
  const input = { slug, name: 'p', envs: [{ type: 'production' }] };
  const call = { organizationId, author: system, requestId: newId() };
  const { body } = await createProject(administration, call, { input });
  const environment = await findEnvironment(administration.db, organizationId, { projectEnv: `${slug}-production` });
  if (!environment) throw new Error('the environment was not made');
  return { environment: environment as EnvironmentRow, propagation: body.propagation };
}

/** A call that changes something in this environment. */
export function callIn(environment: EnvironmentRow) {
  return { environment, organizationId: environment.organization_id, author: system, requestId: newId() };
}

/** Creates one client, and answers it. */
export async function createOneClient(
  administration: Administration,
  environment: EnvironmentRow,
  input: NewClient,
): Promise<Client> {
  const options = { inputs: [input], asArray: false, upsert: false, source: 'api', replayId: undefined } as const;
  const { body } = await createClients(administration, callIn(environment), options);
  return body as Client; // asked for one
}

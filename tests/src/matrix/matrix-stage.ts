import { type OpenDatabase, openDatabase } from '@keyward/stores/postgres/database';
import type { StackUrls } from '../backends/describe-backends.ts';
import { newOwner } from '../platform/new-person.ts';
import { createEnvironment } from '../platform/prepare-installation.ts';
import { runPlatform, type TestPlatform } from '../platform/run-platform.ts';
import { call } from '../platform/wire-client.ts';
import { actingIn } from './credential.ts';
import type { Place } from './route-row.ts';

/** Whose a place is. */
type Landlord = Pick<Place, 'owner' | 'organizationId'>;

/** An installation with two organizations, where rows are called. */
export interface MatrixStage extends AsyncDisposable {
  platform: TestPlatform;
  database: OpenDatabase;
  /** The owner of the other organization. */
  stranger: Landlord;
  /** A new environment: of the organization that runs the installation, unless it is said. */
  newPlace(landlord?: Landlord): Promise<Place>;
}

export async function openStage(urls: StackUrls): Promise<MatrixStage> {
  await using opening = new AsyncDisposableStack();
  const platform = opening.use(await runPlatform(urls, { isOperatorNamed: true }));
  const database = opening.use(await openDatabase(urls.postgres));
  const stranger = await newOwner(database.db, platform);
  const { projectEnv } = await createEnvironment(stranger);
  const { body } = await call(stranger, 'GET', `/project/${projectEnv}`);
  const opened = opening.move();
  return {
    platform,
    database,
    stranger: { owner: stranger, organizationId: body.team.id },
    async newPlace({ organizationId, ...landlord } = platform) {
      const owner = actingIn(landlord.owner, { organizationId });
      const { secrets } = platform;
      return { db: database.db, owner, organizationId, secrets, environment: await createEnvironment(owner) };
    },
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  };
}

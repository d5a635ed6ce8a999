import {
  changeOrganization,
  createOrganization,
  deleteOrganization,
  getOrganization,
  listOrganizations,
} from '@keyward/contract/routes/organization';
import { newId } from '@keyward/kit/random';
import { uniqueName } from '../../backends/unique-name.ts';
import type { Asked, Place, RouteRow } from '../route-row.ts';

async function own({ organizationId: id }: Place): Promise<Asked> {
  return { params: { id }, ids: [id] };
}

/** Another organization of the same people, in the same roles. */
async function another({ db, organizationId }: Place): Promise<Asked> {
  const [id, created_at] = [newId(), new Date()];
  await db
    .insertInto('organization')
    .values({ id, name: uniqueName('o'), created_at })
    .execute();
  const members = await db
    .selectFrom('member')
    .select(['user_id', 'role'])
    .where('organization_id', '=', organizationId)
    .execute();
  await db
    .insertInto('member')
    .values(members.map((member) => ({ ...member, organization_id: id, created_at })))
    .execute();
  return { params: { id }, ids: [id] };
}

export const organizationRows: readonly RouteRow[] = [
  { route: listOrganizations, prepare: async () => ({}) },
  { route: createOrganization, prepare: async () => ({ body: { name: uniqueName('o') } }) },
  { route: getOrganization, prepare: own },
  {
    route: changeOrganization,
    prepare: async (place) => ({ ...(await another(place)), body: { name: uniqueName('o') } }),
  },
  { route: deleteOrganization, prepare: another },
];

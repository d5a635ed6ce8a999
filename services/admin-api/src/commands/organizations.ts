import { createOrganization, listOrganizations, type Organization } from '@keyward/contract/routes/organization';
import { forEachPage } from '@keyward/management-client/for-each-page';
import { type Command, requiredText } from './command.ts';
import { callOptions, managementClient } from './management-call.ts';
import { table } from './table.ts';

export const organizationList: Command = {
  name: 'organization list',
  summary: 'lists the organizations that you belong to',
  options: callOptions,
  async run(context) {
    const organizations: Organization[] = [];
    const list = { route: listOrganizations, options: { query: { limit: 100 } } };
    await forEachPage(managementClient(context), list, (page) => void organizations.push(...page));
    const rows = organizations.map(({ id, role, name }) => [id, role, name]);
    for (const line of table([['ID', 'ROLE', 'NAME'], ...rows])) context.report(line);
    return { organizations };
  },
};

export const organizationCreate: Command = {
  name: 'organization create',
  summary: 'makes an organization, whose owner you are',
  options: [...callOptions, { flags: '--name <name>', description: 'its name' }],
  async run(context) {
    const body = { name: requiredText(context, 'name') };
    const organization = await managementClient(context).call(createOrganization, { body, query: {} });
    context.report(`Made the organization ${organization.name} (${organization.id}).`);
    return { organization };
  },
};

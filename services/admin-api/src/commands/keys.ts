import { changeClient, deleteClient, getClient } from '@keyward/contract/routes/client';
import { type Command, requiredText, textOf } from './command.ts';
import { callOptions, managementClient, projectEnvOf, projectEnvOption } from './management-call.ts';
import { table } from './table.ts';

const options = [...callOptions, projectEnvOption, { flags: '--client <id>', description: 'whose keys' }];

export const keyList: Command = {
  name: 'key list',
  summary: 'lists the keys of a client',
  options,
  async run(context) {
    const [query, params] = [{ project_env: projectEnvOf(context) }, { id: requiredText(context, 'client') }];
    const { keys } = await managementClient(context).call(getClient, { params, query });
    const rows = keys.map(({ id, status, keyPrefix, name }) => [id, status, keyPrefix, name]);
    for (const line of table([['ID', 'STATUS', 'KEY', 'NAME'], ...rows])) context.report(line);
    return { keys };
  },
};

export const keyCreate: Command = {
  name: 'key create',
  summary: 'makes a key for a client, and prints it, once',
  options: [
    ...options,
    { flags: '--name <name>', description: 'what to call it' },
    { flags: '--scopes <scopes>', description: 'what it may do, with commas between' },
    { flags: '--expires-at <time>', description: 'ISO 8601; never, unless it is given' },
  ],
  async run(context) {
    const [query, params] = [{ project_env: projectEnvOf(context) }, { id: requiredText(context, 'client') }];
    const [scopes, expiresAt] = [textOf(context, 'scopes')?.split(','), textOf(context, 'expires-at')];
    const asked = { name: requiredText(context, 'name'), ...(scopes && { scopes }), ...(expiresAt && { expiresAt }) };
    const { keys } = await managementClient(context).call(changeClient, { params, query, body: { keys: [asked] } });
    const made = keys.find(({ key }) => key !== undefined);
    context.report(`Made the key ${made?.id}. It is shown this once:`);
    context.report(made?.key ?? '');
    return { key: made };
  },
};

export const keyRevoke: Command = {
  name: 'key revoke',
  summary: 'revokes a key: it is refused on the next request',
  arguments: ['<id>'],
  options,
  async run(context) {
    const query = { project_env: projectEnvOf(context), keyId: requiredText(context, 'id') };
    const params = { id: requiredText(context, 'client') };
    const { propagation } = await managementClient(context).call(deleteClient, { params, query });
    context.report(propagation ? 'Revoked; the validators have not all heard of it yet.' : 'Revoked.');
    return { revoked: query.keyId, ...(propagation && { propagation }) };
  },
};

import { KeyStatus } from '@keyward/contract/routes/client';
import { createKey, KeyReach, listKeys, type ManagedKey, revokeKey } from '@keyward/contract/routes/key';
import { newId } from '@keyward/kit/random';
import { forEachPage } from '@keyward/management-client/for-each-page';
import { type Command, choiceOf, requiredText, textOf } from './command.ts';
import { callOptions, managementClient, projectEnvOf, projectEnvOption } from './management-call.ts';
import { table } from './table.ts';
import { withoutUndefined } from './without-undefined.ts';

const options = [...callOptions, projectEnvOption];
const reachOption = {
  flags: '--reach <reach>',
  description: 'where it is known: environment (unless it is said), project or organization',
};

export const keyList: Command = {
  name: 'key list',
  summary: 'lists the keys of an environment, or those that are known in all of its project or organization',
  options: [
    ...options,
    { flags: '--client <id>', description: 'of this client only' },
    { flags: '--status <status>', description: 'active, expired, revoked or disabled only' },
    reachOption,
  ],
  async run(context) {
    const query = withoutUndefined({
      project_env: projectEnvOf(context),
      limit: 100,
      clientId: textOf(context, 'client'),
      status: choiceOf(context, 'status', KeyStatus.enum),
      reach: choiceOf(context, 'reach', KeyReach.enum),
    });
    const keys: ManagedKey[] = [];
    const list = { route: listKeys, options: { query } };
    await forEachPage(managementClient(context), list, (page) => void keys.push(...page));
    const rows = keys.map(({ id, status, keyPrefix, clientId, name }) => [id, status, keyPrefix, clientId, name]);
    for (const line of table([['ID', 'STATUS', 'KEY', 'CLIENT', 'NAME'], ...rows])) context.report(line);
    return { keys };
  },
};

export const keyCreate: Command = {
  name: 'key create',
  summary: 'makes a key, and prints it, once',
  options: [
    ...options,
    { flags: '--name <name>', description: 'what to call it' },
    { flags: '--client <id>', description: 'whose it is; it has a client of its own, unless it is given' },
    { flags: '--product <id>', description: 'what it is for' },
    reachOption,
    { flags: '--scopes <scopes>', description: 'what it may do, with commas between' },
    { flags: '--expires-at <time>', description: 'ISO 8601; never, unless it is given' },
  ],
  async run(context) {
    const query = { project_env: projectEnvOf(context) };
    const body = withoutUndefined({
      name: requiredText(context, 'name'),
      clientId: textOf(context, 'client'),
      productId: textOf(context, 'product'),
      reach: choiceOf(context, 'reach', KeyReach.enum),
      scopes: textOf(context, 'scopes')?.split(','),
      expiresAt: textOf(context, 'expires-at'),
    });
    const key = await managementClient(context).call(createKey, { query, body, idempotencyKey: newId() });
    context.report(`Made the key ${key.id}. It is shown this once:`);
    context.report(key.key ?? '');
    return { key };
  },
};

export const keyRevoke: Command = {
  name: 'key revoke',
  summary: 'revokes a key for good: it is refused on the next request',
  arguments: ['<id>'],
  options,
  async run(context) {
    const params = { id: requiredText(context, 'id') };
    const query = { project_env: projectEnvOf(context) };
    const { id, propagation } = await managementClient(context).call(revokeKey, { params, query });
    context.report(propagation ? 'Revoked; the validators have not all heard of it yet.' : 'Revoked.');
    return { revoked: id, ...(propagation && { propagation }) };
  },
};

import { type Client, listClients } from '@keyward/contract/routes/client';
import { forEachPage } from '@keyward/management-client/for-each-page';
import type { Command } from './command.ts';
import { callOptions, managementClient, projectEnvOf, projectEnvOption } from './management-call.ts';
import { table } from './table.ts';

export const clientList: Command = {
  name: 'client list',
  summary: 'lists the clients of an environment',
  options: [...callOptions, projectEnvOption],
  async run(context) {
    const query = { project_env: projectEnvOf(context), limit: 100 };
    const clients: Client[] = [];
    await forEachPage(
      managementClient(context),
      { route: listClients, options: { query } },
      (page) => void clients.push(...page),
    );
    const rows = clients.map(({ id, name, status, keys, stats }) => [
      ...[id, status, String(keys.length), String(stats.total), name],
    ]);
    for (const line of table([['ID', 'STATUS', 'KEYS', 'REQUESTS', 'NAME'], ...rows])) context.report(line);
    return { clients };
  },
};

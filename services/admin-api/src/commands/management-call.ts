import { Secret } from '@keyward/contract/secret';
import { loadConfig } from '@keyward/kit/config';
import { createManagementClient, type ManagementClient } from '@keyward/management-client/management-client';
import Type from 'typebox';
import { type CommandContext, type CommandOption, textOf, UsageError } from './command.ts';

const CallConfig = Type.Object({
  KEYWARD_URL: Type.String({ default: 'http://127.0.0.1:7700', pattern: '^https?://' }),
  KEYWARD_ACCOUNT_KEY: Secret(Type.String({ minLength: 1 })),
});

/** What every command takes that goes through the management API. */
export const callOptions: readonly CommandOption[] = [
  { flags: '--url <url>', description: 'the gateway’s address, or the management API’s; else KEYWARD_URL' },
  { flags: '--organization <id>', description: 'the organization that you act in, if you belong to several' },
];

export const projectEnvOption: CommandOption = {
  flags: '--project-env <name>',
  description: 'the environment, as shop-production',
};

/** The management API, as whoever runs the command: by KEYWARD_ACCOUNT_KEY (or …_FILE), which no option takes. */
export function managementClient(context: CommandContext): ManagementClient {
  const url = textOf(context, 'url');
  const config = loadConfig(CallConfig, { ...context.environment, ...(url === undefined ? {} : { KEYWARD_URL: url }) });
  const organizationId = textOf(context, 'organization');
  return createManagementClient({
    baseUrl: config.KEYWARD_URL,
    credential: config.KEYWARD_ACCOUNT_KEY,
    ...(organizationId === undefined ? {} : { organizationId }),
  });
}

export function projectEnvOf(context: CommandContext): string {
  const name = textOf(context, 'project-env');
  if (name === undefined) throw new UsageError('--project-env is required');
  return name;
}

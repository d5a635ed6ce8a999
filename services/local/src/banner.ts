import type { Quickstart } from './quickstart.ts';

/** What is printed once everything answers. */
export function banner(quickstart: Quickstart, path: string): string {
  const { gatewayUrl, adminUrl, projectEnv } = quickstart;
  return `
Keyward is running.

  gateway    ${gatewayUrl}/api/v1   (applications and management)
  admin-api  ${adminUrl}
  project    ${projectEnv}
  secrets    ${path}

${sample(quickstart)}
Ctrl-C stops it; what it counted is kept.
`;
}

function sample({ gatewayUrl, projectEnv, serverKey, clientId, customerKey, accountKey }: Quickstart): string {
  if (serverKey === null || customerKey === null || clientId === null) {
    return `The sample keys were shown by an earlier start and are kept nowhere else. Make new ones with the account key:

  curl -s -X POST '${gatewayUrl}/api/v1/client?project_env=${projectEnv}' \\
    -H 'authorization: Bearer ${accountKey}' -H 'content-type: application/json' \\
    -d '{"name":"another-customer","keys":[{"name":"first"}]}'
`;
  }
  return `Validate the sample key:

  curl -s -X POST '${gatewayUrl}/api/v1/client/${clientId}?project_env=${projectEnv}&method_path=GET:/hello' \\
    -H 'x-api-key: ${serverKey}' -H 'content-type: application/json' \\
    -d '{"name":"sample","timestamp":"'$(date -u +%Y-%m-%dT%H:%M:%SZ)'","headers":{"x-api-key":"${customerKey}"}}'
`;
}

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

function sample(quickstart: Quickstart): string {
  const { gatewayUrl, projectEnv, serverKey, signingSecret, clientId, customerKey, accountKey } = quickstart;
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

Protect an application (examples/express.ts), in another terminal, and call it:

  KEYWARD_BASE_URL='${gatewayUrl}' KEYWARD_PROJECT_ENV='${projectEnv}' \\
    KEYWARD_SERVER_KEY='${serverKey}' KEYWARD_SECRET='${signingSecret}' \\
    PORT=8080 node_modules/node/bin/node examples/express.ts
  curl -s http://127.0.0.1:8080/hello/world -H 'x-api-key: ${customerKey}'
`;
}

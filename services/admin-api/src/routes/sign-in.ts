import { beginOidc, endOidc } from '@keyward/contract/routes/oidc';
import { readSignIn } from '@keyward/contract/routes/sign-in';
import type { App } from '@keyward/kit/http-app';
import type { Administration } from '../administration.ts';
import { beginAtIssuer, endAtIssuer, type Redirect } from '../oidc/sign-in-at-issuer.ts';

/** How browsers sign in at an issuer. */
export function signInRoutes(app: App, administration: Administration): void {
  app.route({
    ...readSignIn,
    handler: async () => ({ password: true, oidc: administration.issuer !== undefined }),
  });

  app.route({
    ...beginOidc,
    handler: async (_request, reply) => sendBrowser(reply, await beginAtIssuer(administration)),
  });

  app.route({
    ...endOidc,
    handler: async (request, reply) => sendBrowser(reply, await endAtIssuer(administration, request)),
  });
}

interface Reply {
  code(status: number): unknown;
  header(name: string, value: string | string[]): unknown;
}

function sendBrowser(reply: Reply, { location, cookies }: Redirect): { location: string } {
  reply.code(303);
  reply.header('cache-control', 'no-store');
  reply.header('set-cookie', cookies);
  reply.header('location', location);
  return { location };
}

import { hash } from 'node:crypto';
import { openApiDocument } from '@keyward/contract/openapi/document';
import type { App } from '@keyward/kit/http-app';
import scalar from '@scalar/fastify-api-reference';

const prefix = '/docs';

/** The OpenAPI document, and the page that shows it. The page fetches nothing from elsewhere, and may not. */
export function referenceRoutes(app: App): void {
  const document = JSON.stringify(openApiDocument());
  app.get('/openapi.json', async (_request, reply) => {
    reply.type('application/json; charset=utf-8').serializer(String);
    return document;
  });
  app.register(async (pages) => {
    pages.addHook('onSend', async (_request, reply, payload) => {
      const type = String(reply.getHeader('content-type'));
      if (type.startsWith('text/html')) reply.header('content-security-policy', policyOf(String(payload)));
      reply.headers({ 'x-content-type-options': 'nosniff', 'referrer-policy': 'no-referrer' });
      return payload;
    });
    await pages.register(scalar, {
      routePrefix: prefix,
      configuration: {
        url: '/openapi.json',
        pageTitle: 'Keyward API',
        withDefaultFonts: false,
        hideClientButton: true,
        showDeveloperTools: 'never',
        authentication: { preferredSecurityScheme: 'accountKey' },
        telemetry: false,
        agent: { disabled: true },
        mcp: { disabled: true },
      },
    });
  });
}

/** The page's own scripts are known by their hashes; its styles it makes as it goes. */
function policyOf(page: string): string {
  const scripts = [...page.matchAll(/<script(?![^>]*\bsrc=)[^>]*>([\s\S]*?)<\/script>/g)].map(([, text = '']) => text);
  const hashes = scripts.map((text) => `'sha256-${hash('sha256', text, 'base64')}'`);
  return [
    "default-src 'none'",
    `script-src 'self' ${hashes.join(' ')}`,
    "style-src 'self' 'unsafe-inline'",
    "img-src 'self' data:",
    "font-src 'self' data:",
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; ');
}

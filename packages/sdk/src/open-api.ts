/** What is touched of an OpenAPI document; everything else stays as it is. */
interface OpenApiDocument {
  components?: { securitySchemes?: Record<string, unknown> };
  security?: Record<string, string[]>[];
  paths?: Record<string, unknown>;
}

const scheme = 'ApikeeAuth';
const methods = new Set(['get', 'put', 'post', 'delete', 'options', 'head', 'patch', 'trace']);

/**
 * Declares the header of keys as a security scheme of an OpenAPI document, and asks for it in every operation that says nothing of
 * its own. Once is enough. Whoever makes documents has a type of their own for them; swagger-jsdoc's is `object`.
 */
export function injectSecurityScheme(openApi: object, headerName: string): void {
  const document: OpenApiDocument = openApi;
  document.components ??= {};
  document.components.securitySchemes ??= {};
  document.components.securitySchemes[scheme] = {
    type: 'apiKey',
    in: 'header',
    name: headerName,
    description: 'A key that begins with `apikee_`, or one of the forms that this API issues.',
  };
  document.security ??= [];
  if (!document.security.some((required) => scheme in required)) document.security.push({ [scheme]: [] });
  for (const item of Object.values(document.paths ?? {})) {
    for (const [method, operation] of Object.entries(Object(item))) {
      if (methods.has(method) && isObject(operation)) operation.security ??= [{ [scheme]: [] }];
    }
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

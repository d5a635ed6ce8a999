import { openApiDocument } from '@keyward/contract/openapi/document';
import { describeStacks } from '@keyward/tests/backends/describe-backends';
import { runPlatform, type TestPlatform } from '@keyward/tests/platform/run-platform';
import { afterAll, beforeAll, expect, it } from 'vitest';

describeStacks('the reference', (stack) => {
  let platform: TestPlatform;

  beforeAll(async () => {
    platform = await runPlatform(await stack.url());
  });
  afterAll(() => platform?.[Symbol.asyncDispose]());

  it('is served as an OpenAPI document', async () => {
    const response = await fetch(`${platform.adminUrl}/openapi.json`);
    expect(response.headers.get('content-type')).toBe('application/json; charset=utf-8');
    expect(await response.json()).toEqual(JSON.parse(JSON.stringify(openApiDocument())));
  });

  it('is served as a page that takes all it needs from where it came from, and may take nothing else', async () => {
    const response = await fetch(`${platform.adminUrl}/docs`);
    const page = await response.text();
    expect(response.status).toBe(200);
    const policy = response.headers.get('content-security-policy') ?? '';
    expect(policy).toContain("default-src 'none'");
    expect(policy).not.toMatch(/https?:|\*|'unsafe-eval'/);
    expect(policy).toMatch(/script-src 'self' 'sha256-[^']+'/);
    expect(page).not.toMatch(/https?:\/\//);
    expect(page).toContain('/openapi.json');
    const script = /<script[^>]* src="([^"]+)"/.exec(page)?.[1] ?? '';
    const code = await fetch(new URL(script, response.url));
    expect(code.headers.get('content-type')).toContain('javascript');
    expect((await code.text()).length).toBeGreaterThan(1_000_000);
  });
});

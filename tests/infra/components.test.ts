import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { allFaults } from '@keyward/tests/infra/all-faults';
import { workloadsOf } from '@keyward/tests/infra/manifest';
import { manifestTools } from '@keyward/tests/infra/manifest-tools';
import { type Overlay, overlays, readManifests, renderWithComponents } from '@keyward/tests/infra/render-installation';
import { scrapedTargets } from '@keyward/tests/infra/scraped-targets';
import { spoilt } from '@keyward/tests/infra/spoilt';
import { withTool } from '@keyward/tests/infra/with-tool';
import { afterAll, describe, expect, it, type TestContext } from 'vitest';

/** Building the tools from nothing takes minutes, once. */
const timeout = 900_000;
const rendered = (
  context: TestContext,
  more: Parameters<typeof renderWithComponents>[1],
  overlay: Overlay = 'production',
) => withTool('kustomize', context, () => renderWithComponents(overlay, more));

const folder = mkdtempSync(join(tmpdir(), 'components-'));
afterAll(() => rmSync(folder, { recursive: true }));

const certificate = { 'tls.crt': 'PEM', 'tls.key': 'PEM', 'ca.crt': 'PEM' };
const certificates = { 'gateway-tls': certificate, 'validator-tls': certificate, 'admin-api-tls': certificate };
const storeCertificates = { 'store-certificates': { 'ca.pem': 'PEM' } };

let once: ReturnType<typeof renderWithComponents> | undefined;

/** All components in one overlay. */
async function withAll(context: TestContext) {
  const components = ['command', 'shared-spool', 'traces', 'mutual-tls', 'store-certificates'];
  const secrets = { ...certificates, ...storeCertificates };
  once ??= rendered(context, { components, secrets, change: withCollector });
  return byTls(await once);
}

describe('the component', () => {
  it('shared-spool gives all validators one folder', { timeout }, async (context) => {
    const installation = await rendered(context, { components: ['shared-spool'] });
    expect(allFaults(installation)).toEqual([]);
    const [validator] = workloadsOf(installation.manifests).filter(({ service }) => service === 'validator');
    expect(validator?.pod.volumes?.find(({ name }) => name === 'spool')).toEqual({
      name: 'spool',
      persistentVolumeClaim: { claimName: 'validator-spool' },
    });
  });

  it('traces lets each service reach the collector that it is told of', { timeout }, async (context) => {
    expect(allFaults(await rendered(context, { components: ['traces'], change: withCollector }))).toEqual([]);
  });

  it('mutual-tls has everybody call by TLS where TLS is spoken', { timeout }, async (context) => {
    const installation = await rendered(context, { components: ['mutual-tls'], secrets: certificates });
    expect(allFaults(installation)).toEqual([]);
    expect(scrapedTargets(installation.manifests)).toContain('validator https 8080');
  });

  it('store-certificates is mounted wherever a store is called', { timeout }, async (context) => {
    const installation = await rendered(context, { components: ['store-certificates'], secrets: storeCertificates });
    expect(allFaults(byTls(installation))).toEqual([]);
  });

  it.each(overlays)(
    'command has a pod of the same release, by itself never, which reaches the stores of %s',
    {
      timeout,
    },
    async (overlay) => {
      const installation = await renderWithComponents(overlay, { components: ['command'] });
      expect(allFaults(installation)).toEqual([]);
      const [command] = workloadsOf(installation.manifests).filter(({ service }) => service === 'command');
      expect(command?.manifest.spec).toMatchObject({ suspend: true });
    },
  );

  it('may be named beside all others, in what Kubernetes’ own schemas allow', { timeout }, async (context) => {
    const installation = await withAll(context);
    expect(allFaults(installation)).toEqual([]);
    const file = join(folder, 'all.yaml');
    writeFileSync(file, installation.yaml);
    const { code, output, errors } = await withTool('kubernetes-validate', context, () =>
      manifestTools['kubernetes-validate'](file),
    );
    expect(code, output + errors).toBe(0);
  });

  // biome-ignore format: a table has a line for each
  it.for<[fault: string, object: string, text: string | RegExp, by: string]>([
    ['validator is probed in clear', 'Deployment validator', 'scheme: HTTPS', 'scheme: HTTP'],
    ['validator is scraped in clear', 'Deployment validator', /.*prometheus.io.scheme.*\n/, ''],
    ['admin-api is scraped by TLS', 'Deployment admin-api', /( +)prometheus.io.port.*\n/, '$&$1prometheus.io/scheme: https\n'],
    ['ingest is probed by TLS', 'Deployment ingest', /( +)path: .readyz\n/, '$&$1scheme: HTTPS\n'],
    ['gateway calls validator by http', 'ConfigMap gateway-', 'https://validator', 'http://validator'],
    ['admin-api: TLS_KEY_FILE names', 'Deployment admin-api', 'key: tls.key\n            path: tls.key', 'key: tls.key\n            path: key'],
    ['ingest looks for /run/secrets/stores/ca.pem', 'Deployment ingest', 'mountPath: /run/secrets/stores', 'mountPath: /stores'],
    ['ingest → the collector:4318 is needed', 'NetworkPolicy to-collector', 'port: 4318', 'port: 4317'],
    ['gateway → the collector:4318 is let out, and nothing', 'ConfigMap gateway-', / +OTEL_EXPORTER.*\n/, ''],
  ])('of which the checks find: %s', { timeout }, async ([fault, object, text, by], context) => {
    const installation = await withAll(context);
    const manifests = readManifests(spoilt(installation.yaml, { object, text, by }));
    expect(allFaults({ ...installation, manifests }).join('\n')).toContain(fault);
  });
});

/** The overlay as docs/kubernetes.md has somebody change it, all services alike. */
function withCollector(kustomization: string): string {
  const endpoint = 'OTEL_EXPORTER_OTLP_ENDPOINT=http://otel-collector.observability:4318';
  const ofGateway = ['- name: gateway', '  behavior: merge', '  literals:', `    - ${endpoint}`].map(
    (line) => `  ${line}\n`,
  );
  return kustomization
    .replaceAll('    literals:\n', `    literals:\n      - ${endpoint}\n`)
    .replace('configMapGenerator:\n', `configMapGenerator:\n${ofGateway.join('')}`);
}

/** The URLs of the stores as docs/stores.md has them. */
function byTls<T extends { secrets: Record<string, Record<string, string>> }>(installation: T): T {
  const named = (value: string) =>
    /^(postgres|redis|kafka):/.test(value)
      ? `${value}${value.includes('?') ? '&' : '?'}sslrootcert=/run/secrets/stores/ca.pem`
      : value;
  const secrets = Object.entries(installation.secrets).map(([name, values]) => [
    name,
    Object.fromEntries(Object.entries(values).map(([key, value]) => [key, named(value)])),
  ]);
  return { ...installation, secrets: Object.fromEntries(secrets) };
}

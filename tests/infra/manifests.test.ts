import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { allFaults } from '@keyward/tests/infra/all-faults';
import { secretsHeldBy } from '@keyward/tests/infra/installation';
import { workloadsOf } from '@keyward/tests/infra/manifest';
import { manifestTools } from '@keyward/tests/infra/manifest-tools';
import { tagOf } from '@keyward/tests/infra/release-faults';
import { overlays, renderInstallation } from '@keyward/tests/infra/render-installation';
import { scrapedTargets } from '@keyward/tests/infra/scraped-targets';
import { withTool } from '@keyward/tests/infra/with-tool';
import { afterAll, describe, expect, it, type TestContext } from 'vitest';

/** Building the tools from nothing takes minutes, once. */
const timeout = 900_000;
const folder = mkdtempSync(join(tmpdir(), 'manifests-'));
afterAll(() => rmSync(folder, { recursive: true }));

describe.each(overlays)('the overlay %s', (overlay) => {
  let once: ReturnType<typeof renderInstallation> | undefined;
  const rendered = (context: TestContext) =>
    withTool('kustomize', context, () => {
      once ??= renderInstallation(overlay);
      return once;
    });
  const fileOf = async (context: TestContext) => {
    const path = join(folder, `${overlay}.yaml`);
    writeFileSync(path, (await rendered(context)).yaml);
    return path;
  };

  it('is what Kubernetes’ own schemas allow', { timeout }, async (context) => {
    const file = await fileOf(context);
    const { code, output, errors } = await withTool('kubernetes-validate', context, () =>
      manifestTools['kubernetes-validate'](file),
    );
    expect(code, output + errors).toBe(0);
    expect(output.match(/ passed /g)).toHaveLength((await rendered(context)).manifests.length);
  });

  it('has nothing that kube-score calls unwise, but what it gives a reason for', { timeout }, async (context) => {
    const file = await fileOf(context);
    const { code, output, errors } = await withTool('kube-score', context, () => manifestTools['kube-score'](file));
    expect(code, output.replace(/^\[(OK|SKIPPED)\].*\n/gm, '') + errors).toBe(0);
    expect(output).toContain('[OK] gateway/keyward apps/v1/Deployment');
  });

  it('hangs together, reaches what it names and nothing else, and is what its services read', {
    timeout,
  }, async (context) => {
    expect(allFaults(await rendered(context))).toEqual([]);
  });

  it('gives each service the secrets that it needs, and no other', { timeout }, async (context) => {
    const held = workloadsOf((await rendered(context)).manifests).map((workload) => [
      workload.service,
      secretsHeldBy(workload),
    ]);
    const isDev = overlay === 'dev';
    const log = isDev ? [] : ['event-log-url'];
    expect(Object.fromEntries(held)).toEqual({
      gateway: ['keyring.json', 'service-token'],
      validator: [...log, 'pepper', 'pepper-wraps', 'projection-key', 'redis-url', 'service-token'],
      ingest: ['database-url', ...log],
      'admin-api': [
        'database-url',
        'master-key',
        'pepper',
        'pepper-wraps',
        'projection-key',
        'redis-url',
        'service-token',
      ],
      migrate: ['database-url'],
      'audit-verify': ['database-url'],
      ...(isDev && { kafka: [], postgres: ['password'], redis: ['users.acl'] }),
    });
  });

  it('is scraped as prometheus.kubernetes.yml says: each service as a job of its name', {
    timeout,
  }, async (context) => {
    expect(scrapedTargets((await rendered(context)).manifests).toSorted()).toEqual([
      'admin-api http 9090',
      'gateway http 9090',
      'ingest http 8080',
      'validator http 8080',
    ]);
  });

  it('runs the release of this repository', { timeout }, async (context) => {
    const [gateway] = workloadsOf((await rendered(context)).manifests).filter(({ service }) => service === 'gateway');
    const manifest = resolve(import.meta.dirname, '../../services/gateway/package.json');
    expect(tagOf(gateway?.pod.containers[0]?.image ?? '')).toBe(JSON.parse(readFileSync(manifest, 'utf8')).version);
  });
});

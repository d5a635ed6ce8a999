import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { type ComposeService, composeFolder, readComposeFile } from '@keyward/tests/infra/compose-file';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';

const installation = readComposeFile();
const watch = readComposeFile('observability/docker-compose.yml');
const watchers = ['prometheus', 'grafana'];
const watcherOf = (name: string): ComposeService => {
  const watcher = watch.services[name];
  if (!watcher) throw new Error(`there is no ${name}`);
  return watcher;
};
const mountsOf = (name: string) =>
  (watcherOf(name).volumes ?? []).map((text) => {
    const [from = '', at = '', mode] = text.split(':');
    return { from, at, mode };
  });
/** The file of this repository that a container finds at a path. */
const fileAt = (name: string, path: string) => {
  const mount = mountsOf(name).find(({ at }) => path === at || path.startsWith(`${at}/`));
  return mount && resolve(composeFolder, mount.from + path.slice(mount.at.length));
};
const read = (path: string) => parse(readFileSync(resolve(composeFolder, 'observability', path), 'utf8'));
/** With those of both files, as Compose joins them. */
const networksOf = (name: string) => [
  ...(installation.services[name]?.networks ?? []),
  ...(watch.services[name]?.networks ?? []),
];

describe('what watches an installation of docker-compose.yml', () => {
  it('starts by its profile only, of images of one version, with the least that it needs', () => {
    for (const name of watchers) {
      expect(watcherOf(name)).toMatchObject({
        image: expect.stringMatching(/:v?\d+\.\d+\.\d+$/),
        profiles: ['observability'],
        cap_drop: ['ALL'],
        security_opt: ['no-new-privileges:true'],
        ports: [expect.stringMatching(/^127\.0\.0\.1:/)],
        deploy: { resources: { limits: { memory: expect.any(String) } } },
      });
    }
  });

  it('is given files that are there, which it cannot change', () => {
    const files = watchers.flatMap(mountsOf).filter(({ from }) => from.startsWith('.'));
    expect(files.length).toBeGreaterThan(3);
    for (const { from, mode } of files) {
      expect(existsSync(resolve(composeFolder, from)), from).toBe(true);
      expect(mode, from).toBe('ro');
    }
    const { rule_files } = read('prometheus.yml') as { rule_files: string[] };
    for (const rules of rule_files) expect(fileAt('prometheus', `/etc/prometheus/${rules}`)).toBeDefined();
  });

  it('looks at each service where that shows its metrics, and reaches no store', () => {
    const { scrape_configs } = read('prometheus.yml') as {
      scrape_configs: { job_name: string; dns_sd_configs: { names: string[]; port: number }[] }[];
    };
    const looked = scrape_configs.map(({ job_name, dns_sd_configs: [at] }) => [job_name, at?.names, at?.port]);
    const services = ['gateway', 'validator', 'ingest', 'admin-api'];
    const shown = services.map((name) => {
      const port = installation.services[name]?.environment?.METRICS_PORT ?? 8080;
      return [name, [name], Number(port)];
    });
    expect(looked).toEqual(shown);
    const reached = Object.keys(installation.services).filter((name) =>
      networksOf(name).some((network) => networksOf('prometheus').includes(network)),
    );
    expect(reached).toEqual(services);
  });

  it('shows the dashboard to whoever looks, and lets nobody sign in', () => {
    const [source] = (read('grafana/provisioning/datasources/prometheus.yaml') as { datasources: { url: string }[] })
      .datasources;
    expect(source?.url).toBe('http://prometheus:9090');
    expect(networksOf('prometheus')).toEqual(expect.arrayContaining(networksOf('grafana')));
    const { environment = {} } = watcherOf('grafana');
    expect(environment).toMatchObject({
      GF_AUTH_ANONYMOUS_ORG_ROLE: 'Viewer',
      GF_AUTH_DISABLE_LOGIN_FORM: 'true',
      GF_AUTH_BASIC_ENABLED: 'false',
    });
    const home = fileAt('grafana', String(environment.GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH));
    expect(home && existsSync(home)).toBe(true);
    const [provider] = (
      read('grafana/provisioning/dashboards/keyward.yaml') as { providers: { options: { path: string } }[] }
    ).providers;
    expect(home).toBe(`${fileAt('grafana', provider?.options.path ?? '')}/keyward.json`);
  });
});

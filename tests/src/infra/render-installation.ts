import { cpSync, globSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join, relative, resolve } from 'node:path';
import { parseEnv } from 'node:util';
import { createSecrets } from '@keyward/admin-api/installation/create-secrets';
import { systemClock } from '@keyward/kit/clock';
import { parseAllDocuments } from 'yaml';
import type { Installation } from './installation.ts';
import type { Manifest } from './manifest.ts';
import { manifestTools } from './manifest-tools.ts';

export const overlays = ['dev', 'production'] as const;
export type Overlay = (typeof overlays)[number];

interface Rendered extends Installation {
  yaml: string;
}

const folder = resolve(import.meta.dirname, '../../../infra/k8s');

/** An overlay as it is applied, with the Secrets that the documentation has somebody make, and where its example stores are. */
export async function renderInstallation(overlay: Overlay): Promise<Rendered> {
  return installationOf(overlay, await manifestTools.kustomize(join(folder, 'overlays', overlay)));
}

interface WithComponents {
  components: readonly string[];
  /** More Secrets, by their names. */
  secrets?: Installation['secrets'];
  /** What else somebody has made of the kustomization. */
  change?: (kustomization: string) => string;
}

/** A copy of the overlay that names components, too, as the documentation has somebody make it. */
export async function renderWithComponents(overlay: Overlay, more: WithComponents): Promise<Rendered> {
  // Kustomize goes by what paths are after links.
  const place = realpathSync(mkdtempSync(join(tmpdir(), 'overlay-')));
  try {
    const own = join(folder, 'overlays', overlay);
    cpSync(own, place, { recursive: true });
    const base = relative(place, join(folder, 'base'));
    const { components, change = (text) => text } = more;
    const kustomization = readFileSync(join(own, 'kustomization.yaml'), 'utf8').replace('../../base', base);
    const named = components.map((name) => `  - ${relative(place, join(folder, 'components', name))}`);
    writeFileSync(join(place, 'kustomization.yaml'), [change(kustomization), 'components:', ...named].join('\n'));
    const rendered = installationOf(overlay, await manifestTools.kustomize(place));
    return { ...rendered, secrets: { ...rendered.secrets, ...more.secrets } };
  } finally {
    rmSync(place, { recursive: true });
  }
}

function installationOf(overlay: Overlay, yaml: string): Rendered {
  return {
    yaml,
    manifests: readManifests(yaml),
    secrets: madeSecrets(overlay),
    hosts: overlay === 'dev' ? {} : exampleHosts,
  };
}

/** A Secret for each folder that `keyward secrets create` makes, and what the documentation puts beside it. */
function madeSecrets(overlay: Overlay): Installation['secrets'] {
  const directory = mkdtempSync(join(tmpdir(), 'secrets-'));
  try {
    const stores = overlay === 'dev' ? { postgres: 'postgres:5432/keyward', redis: 'redis:6379/0' } : {};
    createSecrets({ directory, nowMs: systemClock.nowMs(), ...stores });
    const files = Object.fromEntries(
      globSync('*/*', { cwd: directory }).map((path) => [path, readFileSync(join(directory, path), 'utf8')]),
    );
    return bySecret({ ...files, ...(overlay === 'dev' ? {} : exampleStores()) });
  } finally {
    rmSync(directory, { recursive: true });
  }
}

function bySecret(files: Record<string, string>): Record<string, Record<string, string>> {
  const secrets: Record<string, Record<string, string>> = {};
  for (const [path, text] of Object.entries(files)) {
    const secret = dirname(path);
    secrets[secret] = { ...secrets[secret], [basename(path)]: text.trimEnd() };
  }
  return secrets;
}

/** Within the ranges that the overlay says the stores are in. */
const exampleHosts = {
  'redis.example.com': '10.20.1.10',
  'postgres.example.com': '10.20.2.10',
  'kafka-1.example.com': '10.20.3.11',
  'kafka-2.example.com': '10.20.3.12',
  'kafka-3.example.com': '10.20.3.13',
};

function exampleStores(): Record<string, string> {
  const {
    DATABASE_URL = '',
    REDIS_URL = '',
    EVENT_LOG_URL = '',
  } = parseEnv(readFileSync(join(folder, 'overlays/production/stores.example.env'), 'utf8'));
  return {
    'migrate/database-url': DATABASE_URL,
    'ingest/database-url': DATABASE_URL,
    'admin-api/database-url': DATABASE_URL,
    'validator/redis-url': REDIS_URL,
    'admin-api/redis-url': REDIS_URL,
    'validator/event-log-url': EVENT_LOG_URL,
    'ingest/event-log-url': EVENT_LOG_URL,
  };
}

export function readManifests(yaml: string): Manifest[] {
  // What they are in full is for Kubernetes' schemas to say.
  return parseAllDocuments(yaml).map((document) => {
    const [error] = document.errors;
    if (error) throw error;
    return document.toJS() as Manifest;
  });
}

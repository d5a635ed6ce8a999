import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseEnv } from 'node:util';
import { parseAllDocuments } from 'yaml';
import { devSecrets, kubernetesSecrets } from '../../../scripts/kubernetes-secrets.ts';
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
  const yaml = await manifestTools.kustomize(join(folder, 'overlays', overlay));
  const made = overlay === 'dev' ? devSecrets() : kubernetesSecrets(exampleStores());
  return {
    yaml,
    manifests: readManifests(yaml),
    secrets: Object.fromEntries(made.map(({ metadata, stringData }) => [metadata.name, stringData])),
    hosts: overlay === 'dev' ? {} : exampleHosts,
  };
}

/** Within the ranges that the overlay says the stores are in. */
const exampleHosts = {
  'redis.example.com': '10.20.1.10',
  'postgres.example.com': '10.20.2.10',
  'kafka-1.example.com': '10.20.3.11',
  'kafka-2.example.com': '10.20.3.12',
  'kafka-3.example.com': '10.20.3.13',
};

function exampleStores() {
  const {
    DATABASE_URL = '',
    REDIS_URL = '',
    EVENT_LOG_URL = '',
  } = parseEnv(readFileSync(join(folder, 'overlays/production/stores.example.env'), 'utf8'));
  return { DATABASE_URL, REDIS_URL, EVENT_LOG_URL };
}

export function readManifests(yaml: string): Manifest[] {
  // What they are in full is for Kubernetes' schemas to say.
  return parseAllDocuments(yaml).map((document) => {
    const [error] = document.errors;
    if (error) throw error;
    return document.toJS() as Manifest;
  });
}

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';

export interface ComposeService {
  image: string;
  build?: { args: { SERVICE: string } };
  entrypoint?: string | string[];
  command?: string | string[];
  environment?: Record<string, string | number>;
  ports?: string[];
  volumes?: string[];
  networks?: string[];
  network_mode?: string;
  depends_on?: Record<string, { condition: string }>;
  healthcheck?: { disable?: boolean; test?: string[] };
  profiles?: string[];
  read_only?: boolean;
  stop_grace_period?: string;
  cap_drop?: string[];
  security_opt?: string[];
  deploy?: { resources: { limits: { memory: string } } };
}

export interface ComposeFile {
  services: Record<string, ComposeService>;
  networks: Record<string, { internal?: boolean } | null>;
  volumes: Record<string, null>;
}

/** Where Compose looks for what the files name by paths. */
export const composeFolder = fileURLToPath(new URL('../../../infra', import.meta.url));
const substitution = /\$\{[A-Z_]+:-([^}]*)\}/g;

/** A file of infra as it is where nothing is set in the environment. */
export function readComposeFile(name = 'docker-compose.yml'): ComposeFile {
  const read = parse(readFileSync(join(composeFolder, name), 'utf8'), (_name, value) => interpolated(value), {
    merge: true,
  });
  return read as ComposeFile; // the tests that read it say what is not as it should be
}

function interpolated(value: unknown): unknown {
  return typeof value === 'string' ? value.replace(substitution, '$1').replaceAll('$$', '$') : value;
}

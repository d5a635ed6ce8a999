import { createKeyringEntry, keyringOf, printKeyring } from '@keyward/envelope/keyring';
import { readIfThere, writePrivateFile } from '@keyward/kit/private-file';
import { newSecret } from '@keyward/kit/random';
import type { DataDirectory } from './data-directory.ts';
import { StartError } from './start-error.ts';

/** The secrets of an embedded installation; in a deployment each comes from a mounted file. */
export interface InstanceSecrets {
  pepper: string;
  /** Peppers that were put around it since, with a space between them. */
  pepperWraps?: string;
  masterKey: string;
  projectionKey: string;
  serviceToken: string;
}

const names = ['pepper', 'masterKey', 'serviceToken'] as const;

/** Reads the secrets that the first start made, or makes them. */
export function instanceSecrets(directory: DataDirectory): InstanceSecrets {
  const path = directory.file('secrets.json');
  const text = readIfThere(path);
  if (text !== undefined) {
    const { projectionKey, ...read } = readSecrets(path, text);
    return projectionKey === undefined
      ? keep(path, { ...read, projectionKey: newSecret() })
      : { ...read, projectionKey };
  }
  return keep(path, {
    pepper: newSecret(),
    masterKey: newSecret(),
    projectionKey: newSecret(),
    serviceToken: newSecret(),
  });
}

function keep(path: string, secrets: InstanceSecrets): InstanceSecrets {
  writePrivateFile(path, `${JSON.stringify(secrets, null, 2)}\n`);
  return secrets;
}

/** The gateway's keyring file, made at the first start. */
export function keyringFile(directory: DataDirectory, nowMs: number): string {
  const path = directory.file('keyring.json');
  if (readIfThere(path) === undefined) writePrivateFile(path, printKeyring(keyringOf([createKeyringEntry({ nowMs })])));
  return path;
}

/** An installation that is older than the projection key has none yet. */
type ReadSecrets = Omit<InstanceSecrets, 'projectionKey'> & { projectionKey?: string };

function readSecrets(path: string, text: string): ReadSecrets {
  const damaged = new StartError(
    `${path} is damaged; without it the keys that were issued cannot be recognised. Restore it, or start afresh with --data.`,
  );
  let read: Partial<InstanceSecrets>;
  try {
    read = JSON.parse(text) as Partial<InstanceSecrets>;
  } catch {
    throw damaged;
  }
  const { pepper, pepperWraps, masterKey, projectionKey, serviceToken } = read;
  if (names.some((name) => typeof read?.[name] !== 'string') || !pepper || !masterKey || !serviceToken) throw damaged;
  const kept = {
    ...(pepperWraps === undefined ? {} : { pepperWraps }),
    ...(projectionKey === undefined ? {} : { projectionKey }),
  };
  return { pepper, masterKey, serviceToken, ...kept };
}

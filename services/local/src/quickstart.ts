import { readIfThere, writePrivateFile } from '@keyward/kit/private-file';
import type { DataDirectory } from './data-directory.ts';

/** What somebody needs to try Keyward; null where only the first start could know, and its file is gone. */
export interface Quickstart {
  gatewayUrl: string;
  adminUrl: string;
  dashboardUrl: string;
  projectEnv: string;
  serverKey: string | null;
  serverPublicKey: string;
  signingSecret: string;
  clientId: string | null;
  customerKey: string | null;
  adminEmail: string;
  adminPassword: string | null;
  accountKey: string | null;
}

/** The secrets that are shown once, and so are carried from file to file. */
export type ShownOnce = Pick<Quickstart, 'serverKey' | 'clientId' | 'customerKey' | 'adminPassword' | 'accountKey'>;

const fileName = 'quickstart.json';

export function writeQuickstart(directory: DataDirectory, quickstart: Quickstart): string {
  const path = directory.file(fileName);
  writePrivateFile(path, `${JSON.stringify(quickstart, null, 2)}\n`);
  return path;
}

/** What an earlier start wrote; undefined when the file is gone or cannot be read. */
export function readShownOnce(directory: DataDirectory): ShownOnce | undefined {
  const text = readIfThere(directory.file(fileName));
  if (text === undefined) return undefined;
  try {
    const read = JSON.parse(text) as Record<string, unknown>;
    const known = (name: keyof ShownOnce) => (typeof read[name] === 'string' ? read[name] : null);
    return {
      serverKey: known('serverKey'),
      clientId: known('clientId'),
      customerKey: known('customerKey'),
      adminPassword: known('adminPassword'),
      accountKey: known('accountKey'),
    };
  } catch {
    return undefined;
  }
}

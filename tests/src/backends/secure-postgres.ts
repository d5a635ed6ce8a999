import { chmod, chown, copyFile } from 'node:fs/promises';
import { join } from 'node:path';
import { newDataFolder } from './data-folder.ts';
import type { NativeServer } from './native-server.ts';
import { postgresPrograms } from './postgres-programs.ts';
import { startNativePostgres } from './postgres-server.ts';
import type { CertificateFiles, TestAuthority } from './test-authority.ts';

/** A Postgres that takes TLS with that certificate, and wants none of clients. */
export async function startSecurePostgres(
  authority: TestAuthority,
  identity?: CertificateFiles,
): Promise<NativeServer> {
  const folder = await newDataFolder('pem');
  const { cert, key } = await readableByServer(identity ?? (await authority.issue('postgres')), folder);
  return startNativePostgres({ ssl: 'on', ssl_cert_file: cert, ssl_key_file: key });
}

/** Postgres takes no key that others may read, and runs as nobody where tests run as root. */
async function readableByServer({ cert, key }: CertificateFiles, folder: string): Promise<CertificateFiles> {
  const { account } = await postgresPrograms();
  const files = { cert: join(folder, 'server.crt'), key: join(folder, 'server.key') };
  await copyFile(cert, files.cert);
  await copyFile(key, files.key);
  await chmod(files.key, 0o600);
  if (account) {
    await chmod(folder, 0o755);
    for (const path of Object.values(files)) await chown(path, account.uid, account.gid);
  }
  return files;
}

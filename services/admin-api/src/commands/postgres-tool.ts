import { spawn } from 'node:child_process';
import { UsageError } from './command.ts';

interface ToolRun {
  program: 'pg_dump' | 'pg_restore';
  args: readonly string[];
  /** `postgres://…`; it reaches the program by its environment, for arguments are for everybody to see. */
  databaseUrl: string;
  environment: NodeJS.ProcessEnv;
}

const tlsVariables = {
  sslmode: 'PGSSLMODE',
  sslrootcert: 'PGSSLROOTCERT',
  sslcert: 'PGSSLCERT',
  sslkey: 'PGSSLKEY',
} as const;

/** Runs a program of Postgres' own to its end. Throws with what it said last. */
export async function runPostgresTool({ program, args, databaseUrl, environment }: ToolRun): Promise<void> {
  const child = spawn(program, args, {
    env: { ...environment, ...libpqVariables(databaseUrl) },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let said = '';
  child.stderr.on('data', (chunk: Buffer) => {
    said = (said + chunk.toString()).slice(-2_000);
  });
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  }).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error;
    throw new UsageError(
      `${program} is not on PATH: install the client programs of Postgres, of the server's version.`,
    );
  });
  if (code !== 0) throw new Error(`${program} ended with ${code}: ${said.trim()}`);
}

/** What libpq reads in place of a URL. */
export function libpqVariables(databaseUrl: string): Record<string, string> {
  if (!/^postgres(ql)?:/.test(databaseUrl))
    throw new UsageError(
      'DATABASE_URL names no Postgres: an embedded database is a folder, to be copied while nothing runs',
    );
  const { hostname, port, username, password, pathname, searchParams } = new URL(databaseUrl);
  // Without a file libpq looks into a home, where services trust the public authorities.
  if (searchParams.get('sslmode') === 'verify-full' && !searchParams.get('sslrootcert'))
    searchParams.set('sslrootcert', 'system');
  const tls = Object.entries(tlsVariables).flatMap(([parameter, variable]) => {
    const value = searchParams.get(parameter);
    return value === null ? [] : [[variable, value] as const];
  });
  return {
    PGHOST: decodeURIComponent(hostname).replace(/^\[(.*)\]$/, '$1'),
    PGPORT: port || '5432',
    PGUSER: decodeURIComponent(username),
    PGPASSWORD: decodeURIComponent(password),
    PGDATABASE: decodeURIComponent(pathname.slice(1)),
    ...Object.fromEntries(tls),
  };
}

import { docker } from './docker.ts';
import { seconds } from './seconds.ts';

type Compose = (...args: string[]) => Promise<string>;

interface Recovery {
  compose: Compose;
  tell: (line: string) => void;
}

/** Within the container, since nothing is to be left behind. */
const dump = '/tmp/keyward.dump';
const inPostgres = (compose: Compose, ...words: string[]) => compose('exec', '-T', 'postgres', ...words);

/** The steps here are those of docs/running.md. */
export async function backUp(compose: Compose): Promise<void> {
  await inPostgres(compose, 'pg_dump', '-U', 'keyward', '-Fc', '-f', dump, 'keyward');
}

/** Postgres as it was when it was backed up; gateway and validator go on. */
export async function restore({ compose, tell }: Recovery): Promise<void> {
  const startedAt = performance.now();
  await compose('stop', 'admin-api', 'ingest');
  await inPostgres(compose, 'dropdb', '-U', 'keyward', '--force', 'keyward');
  await inPostgres(compose, 'createdb', '-U', 'keyward', 'keyward');
  const whole = ['--exit-on-error', '--single-transaction'];
  await inPostgres(compose, 'pg_restore', '-U', 'keyward', '-d', 'keyward', ...whole, dump);
  const said = await compose(
    'run',
    '--rm',
    '--no-deps',
    '--entrypoint',
    'keyward',
    'admin-api',
    'restore',
    '--in-place',
  );
  await compose('up', '--wait', '--no-build');
  tell(
    `Postgres was restored in ${seconds(startedAt)}: ${said.split('\n').find((line) => line.startsWith('Ended again'))}`,
  );
}

/** Redis with all that it held; nobody does anything but give the services another. */
export async function loseRedis({ compose, tell, project }: Recovery & { project: string }): Promise<void> {
  const startedAt = performance.now();
  await compose('rm', '--stop', '--force', 'redis');
  await docker(['volume', 'rm', `${project}_redis-data`]);
  await compose('up', '--wait', '--no-build');
  await compose('exec', '-T', 'admin-api', 'keyward', 'projection', 'status', '--wait', '60');
  tell(`another Redis was filled in ${seconds(startedAt)}`);
}

import { freePort } from '../../tests/src/backends/free-port.ts';
import { waitUntil } from '../../tests/src/backends/wait-until.ts';
import { type Application, ask } from './ask.ts';
import { docker } from './docker.ts';
import { expectVerdict } from './expect-verdict.ts';
import { tag } from './images.ts';
import { seconds } from './seconds.ts';
import { backUp, loseRedis, restore } from './try-recovery.ts';

const project = 'keyward-try';
const file = ['compose', '--file', 'infra/docker-compose.yml', '--project-name', project];
const services = ['gateway', 'validator', 'ingest', 'admin-api'];
const owner = 'owner@example.com';

/** From nothing to a key that is validated and counted, and refused once it is revoked; what is done when a store is lost; a stop. */
export async function tryInstallation(tell: (line: string) => void): Promise<void> {
  const variables = { KEYWARD_PORT: String(await freePort()), KEYWARD_TAG: tag, SETUP_EMAIL: owner };
  const compose = (...args: string[]) => docker([...file, ...args], variables);
  const keyward = async (words: string[], accountKey?: string) => {
    const credential = accountKey === undefined ? [] : ['--env', `KEYWARD_ACCOUNT_KEY=${accountKey}`];
    return JSON.parse(await compose('exec', '-T', ...credential, 'admin-api', 'keyward', ...words, '--json'));
  };
  await using _down = { [Symbol.asyncDispose]: async () => void (await compose('down', '--volumes')) };
  const startedAt = performance.now();
  await compose('up', '--wait', '--no-build');
  tell(`docker compose up --wait: healthy after ${seconds(startedAt)}`);

  const { key: accountKey } = await keyward(['account-key', 'create', '--email', owner]);
  const { project: shop } = await keyward(['project', 'create', '--slug', 'shop'], accountKey);
  const inShop = ['--project-env', 'shop-production'];
  const newKey = async (name: string) =>
    (await keyward(['key', 'create', '--name', name, ...inShop], accountKey)).key as { id: string; key: string };
  const key = await newKey('first');
  const app: Application = {
    url: `http://127.0.0.1:${variables.KEYWARD_PORT}`,
    serverKey: shop.envs.list[0].serverKey,
    key: key.key,
  };
  await expectVerdict(app, 'ALLOWED');
  tell(`a key of ${seconds(startedAt)} after the start was validated at the published port`);
  await waitUntil(async () => (await countOf(app)) === 1, { what: 'the validation to be counted', timeoutMs: 60_000 });
  const other: Application = { ...app, key: (await newKey('second')).key };
  await backUp(compose);
  await keyward(['key', 'revoke', key.id, ...inShop], accountKey);
  await expectVerdict(app, 'REVOKED');
  tell('it was counted, through Kafka, and refused when it was revoked');
  await restore({ compose, tell });
  await expectVerdict(app, 'REVOKED');
  await expectVerdict(other, 'ALLOWED');
  tell('it is refused with the Postgres of before, too, and another is let in');
  await loseRedis({ compose, tell, project });
  await expectVerdict(app, 'REVOKED');
  await expectVerdict(other, 'ALLOWED');
  await stopAll(compose, tell);
}

async function countOf(app: Application): Promise<number | undefined> {
  const { data } = await ask(app, '/api/v1/usage?groupBy=verdict&interval=hour');
  return data?.[0]?.count;
}

/** SIGTERM reaches each service, which ends by itself, with 0. */
async function stopAll(compose: (...args: string[]) => Promise<string>, tell: (line: string) => void): Promise<void> {
  const startedAt = performance.now();
  await compose('stop', ...services);
  tell(`stopped in ${seconds(startedAt)}`);
  for (const service of services) {
    const id = await compose('ps', '--all', '--quiet', service);
    const code = await docker(['inspect', '--format', '{{.State.ExitCode}}', id]);
    if (code !== '0') throw new Error(`${service} ended with ${code} when it was stopped`);
  }
}

import { readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createKeyringEntry, keyringOf, parseKeyring, printKeyring } from '@keyward/envelope/keyring';
import { type Database, openDatabase } from '@keyward/stores/postgres/database';
import { newDataFolder } from '@keyward/tests/backends/data-folder';
import { freshMemoryUrl, freshPostgresUrl } from '@keyward/tests/backends/isolate';
import { startNativePostgres } from '@keyward/tests/backends/postgres-server';
import { type Finished, runToEnd } from '@keyward/tests/backends/run-to-end';
import { newClient, runPlatform, type TestEnvironment, type TestPlatform } from '@keyward/tests/platform/run-platform';
import { call, validatePlain } from '@keyward/tests/platform/wire-client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** The commands as operators run them, beside services that run. */
describe('the keyward command [real]', () => {
  const running = new AsyncDisposableStack();
  let platform: TestPlatform;
  let environment: TestEnvironment;
  let databaseUrl: string;
  let db: Database;

  beforeAll(async () => {
    const postgres = await startNativePostgres();
    running.defer(() => postgres.stop());
    databaseUrl = (await freshPostgresUrl(postgres.url)).url;
    platform = running.use(
      await runPlatform({ redis: freshMemoryUrl(), postgres: databaseUrl, kafka: freshMemoryUrl() }),
    );
    db = running.use(await openDatabase(databaseUrl)).db;
    environment = await platform.newEnvironment();
  });
  afterAll(() => running.disposeAsync());

  const keyward = (words: string, more: NodeJS.ProcessEnv = {}): Promise<Finished> =>
    runToEnd(process.execPath, ['services/admin-api/src/keyward-main.ts', ...words.split(' ').filter(Boolean)], {
      cwd: root,
      env: { PATH: process.env.PATH, KEYWARD_URL: platform.url, KEYWARD_ACCOUNT_KEY: accountKey(), ...more },
      timeoutMs: 60_000,
    });
  const accountKey = () => platform.owner.headers.authorization?.slice('Bearer '.length);
  const onDatabase = () => ({ DATABASE_URL: databaseUrl });
  const here = () => `--project-env ${environment.projectEnv}`;
  const ofClient = (id: string) => `--client ${id} ${here()}`;

  it('makes, lists and revokes a key, which it prints once', async () => {
    const client = await newClient(environment);
    const made = await keyward(`key create --name second --scopes a,b ${ofClient(client.id)} --json`);
    expect(made).toMatchObject({ code: 0, errors: expect.stringContaining('once') });
    const { key } = JSON.parse(made.output);
    expect(key).toMatchObject({ name: 'second', scopes: ['a', 'b'], clientId: client.id, reach: 'environment' });
    expect((await validatePlain(environment, { key: key.key })).body.success).toBe(true);
    const listed = await keyward(`key list ${ofClient(client.id)}`);
    expect(listed.output).toMatch(new RegExp(`${key.id} +active +\\S+ +${client.id} +second\\n`));
    expect(listed.output).not.toContain(key.key);
    expect(await keyward(`key revoke ${key.id} ${here()}`)).toEqual({ code: 0, output: 'Revoked.\n', errors: '' });
    expect((await validatePlain(environment, { key: key.key })).body.code).toBe('REVOKED');
    const revoked = JSON.parse((await keyward(`key list --status revoked ${ofClient(client.id)} --json`)).output);
    expect(revoked.keys).toMatchObject([{ id: key.id, status: 'revoked' }]);
    const clients = JSON.parse((await keyward(`client list --project-env ${environment.projectEnv} --json`)).output);
    expect(clients.clients.map(({ id }: { id: string }) => id)).toContain(client.id);
  });

  it('makes a key without a client that is known in all of the project, and lists more than one page of keys', async () => {
    const { key } = JSON.parse((await keyward(`key create --name wide --reach project ${here()} --json`)).output);
    expect(key).toMatchObject({ name: 'wide', reach: 'project' });
    expect((await validatePlain(environment, { key: key.key })).body.success).toBe(true);
    const listed = JSON.parse((await keyward(`key list --reach project ${here()} --json`)).output);
    expect(listed.keys).toMatchObject([{ id: key.id }]);
    const revoked = JSON.parse((await keyward(`key revoke ${key.id} ${here()} --json`)).output);
    expect(revoked).toEqual({ revoked: key.id });
    const items = Array.from({ length: 101 }, (_, i) => ({ name: `k${i}` }));
    const many = { clientId: (await newClient(environment)).id };
    await call(environment, 'POST', '/key/bulk', { body: { items: items.map((item) => ({ ...item, ...many })) } });
    const all = JSON.parse((await keyward(`key list ${ofClient(many.clientId)} --json`)).output);
    expect(new Set(all.keys.map(({ id }: { id: string }) => id)).size).toBe(102);
  });

  it('makes a project, whose server key works, and lists it', async () => {
    const made = await keyward('project create --slug from-shell --envs production,staging --json');
    const { project } = JSON.parse(made.output);
    const { serverKey } = project.envs.list[0];
    const holder = { url: platform.url, headers: { 'x-api-key': serverKey } };
    expect((await newClient(holder)).id).toEqual(expect.any(String));
    const listed = await keyward('project list');
    expect(listed.output).toContain('from-shell-production from-shell-staging');
    expect(listed.output).not.toContain(serverKey);
  });

  it('makes an organization beside the first, and says in which one it acts', async () => {
    const { organization } = JSON.parse((await keyward('organization create --name second --json')).output);
    expect(organization).toMatchObject({ name: 'second', role: 'owner' });
    const listed = await keyward('organization list');
    expect(listed.output).toMatch(new RegExp(`${organization.id} +owner +second\\n`));
    expect(await keyward('project list')).toMatchObject({ code: 1, errors: expect.stringContaining('name one') });
    const acting = JSON.parse((await keyward(`project list --organization ${organization.id} --json`)).output);
    expect(acting).toEqual({ projects: [] });
    await call(platform.owner, 'DELETE', `/organization/${organization.id}`);
  });

  it('says that the chain of the audit is whole, and which record is not', async () => {
    const whole = await keyward('audit verify --json', onDatabase());
    expect(whole).toMatchObject({ code: 0 });
    const { chains } = JSON.parse(whole.output);
    const { organizationId } = platform;
    expect(chains.every(({ fault }: { fault: unknown }) => fault === null)).toBe(true);
    const { head } = chains.find((chain: { organizationId: string }) => chain.organizationId === organizationId);
    await newClient(environment);
    const from = `audit verify --organization ${organizationId} --from-head ${head.seq}:${head.hash}`;
    expect(await keyward(from, onDatabase())).toMatchObject({ code: 0, output: expect.stringContaining('2 records') });
    const ofIt = db.updateTable('audit_event').where('organization_id', '=', organizationId);
    const tampered = ofIt.set({ action: 'nothing.much' }).where('seq', '=', head.seq);
    await tampered.execute();
    const broken = await keyward('audit verify', onDatabase());
    expect(broken).toMatchObject({ code: 1, output: expect.stringContaining(`BROKEN at record ${head.seq}`) });
    const told = JSON.parse((await keyward('audit verify --json', onDatabase())).output);
    expect(told).toMatchObject({ whole: false });
    expect(told.chains).toContainEqual(expect.objectContaining({ fault: expect.objectContaining({ seq: head.seq }) }));
    expect((await keyward(from, onDatabase())).code).toBe(1);
  });

  it('turns a keyring, keeps it to its owner, and refuses to end what may still be in use', async () => {
    const folder = await newDataFolder('keyring');
    running.defer(() => rm(folder, { recursive: true }));
    const file = join(folder, 'keyring.json');
    const first = createKeyringEntry({ nowMs: Date.now() - 1_000 });
    await writeFile(file, printKeyring(keyringOf([first])), { mode: 0o600 });
    const added = JSON.parse((await keyward(`keyring add --file ${file} --json`)).output);
    const states = async () => {
      const { keys } = JSON.parse((await keyward('keyring list --json', { KEYRING_FILE: file })).output);
      return keys.map(({ kid, state }: Record<string, string>) => [kid, state]);
    };
    expect(await states()).toEqual([
      [added.kid, 'to come'],
      [first.kid, 'current'],
    ]);
    expect((await keyward(`keyring promote ${added.kid} --file ${file}`)).code).toBe(0);
    expect(await states()).toEqual([
      [added.kid, 'current'],
      [first.kid, 'overlaps'],
    ]);
    const refused = await keyward(`keyring retire ${first.kid} --file ${file}`);
    expect(refused).toMatchObject({ code: 2, errors: expect.stringContaining('--force') });
    expect((await keyward(`keyring retire ${first.kid} --file ${file} --force`)).code).toBe(0);
    expect(await states()).toEqual([
      [added.kid, 'current'],
      [first.kid, 'over'],
    ]);
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    const text = await readFile(file, 'utf8');
    expect(printKeyring(parseKeyring(text))).toBe(text);
    const privateKeys = JSON.parse(text).keys.map(({ private_key }: { private_key: string }) => private_key);
    const shown = (await keyward(`keyring list --file ${file} --json`)).output;
    for (const key of privateKeys) expect(shown).not.toContain(key);
  });

  it.each([
    ['', 2, 'Usage: keyward'],
    ['nonsense', 2, "unknown command 'nonsense'"],
    ['keyring nonsense', 2, "unknown command 'nonsense'"],
    ['key revoke', 2, "missing required argument 'id'"],
    ['key list', 2, '--project-env is required'],
    ['key create --project-env x', 2, '--name is required'],
    ['key list --project-env x --reach everywhere', 2, '--reach is one of environment, project, organization'],
    ['key list --project-env x --status lost', 2, '--status is one of active, expired, revoked, disabled'],
    ['client list', 2, '--project-env is required'],
    ['client list --colour red', 2, "unknown option '--colour'"],
    ['audit verify --from-head 1:2', 2, '--from-head'],
    ['client list --project-env nowhere', 1, 'There is no such environment. (NOT_FOUND, request '],
    ['client list --project-env x --url http://127.0.0.1:1', 1, 'Nobody answers at'],
    ['keyring list --file /nowhere', 2, 'cannot be read (ENOENT)'],
    ['audit verify', 1, 'DATABASE_URL'],
  ])('explains what is wrong with "%s", and ends with %i', async (words, code, sentence) => {
    const finished = await keyward(words);
    expect(finished).toMatchObject({ code, errors: expect.stringContaining(sentence) });
    expect(finished.errors).not.toContain('    at ');
    expect(finished.output).toBe('');
  });

  it('says what has to be done first on a database without tables', async () => {
    const variables = { DATABASE_URL: 'pglite:memory:empty', SETUP_EMAIL: 'first@example.test' };
    for (const words of ['setup', 'audit verify'])
      expect(await keyward(words, variables)).toMatchObject({
        code: 1,
        errors: expect.stringContaining('Run keyward migrate first.'),
      });
  });

  it('says how it is used', async () => {
    const help = await keyward('keyring retire --help');
    expect(help).toMatchObject({ code: 0, output: expect.stringContaining('--force') });
    for (const group of ['migrate', 'projection', 'user', 'audit', 'key', 'keyring'])
      expect((await keyward('--help')).output).toContain(`  ${group}`);
  });

  it('refuses a credential that is none, and shows none', async () => {
    const finished = await keyward('project list', { KEYWARD_ACCOUNT_KEY: 'xyp_nobodys' });
    expect(finished).toMatchObject({ code: 1, errors: expect.stringContaining('UNAUTHENTICATED') });
    expect(finished.errors).not.toContain('xyp_nobodys');
  });
});

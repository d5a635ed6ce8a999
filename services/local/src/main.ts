import { systemClock } from '@keyward/kit/clock';
import { ConfigError, loadConfig } from '@keyward/kit/config';
import { stopOnSignal } from '@keyward/kit/stop-on-signal';
import { TracingConfig } from '@keyward/kit/tracing-config';
import { openDatabase } from '@keyward/stores/postgres/database';
import Type from 'typebox';
import { banner } from './banner.ts';
import { openDataDirectory } from './data-directory.ts';
import { databaseFolder, FirstStart } from './first-start.ts';
import { gatherQuickstart } from './gather-quickstart.ts';
import { instanceSecrets, keyringFile } from './instance-secrets.ts';
import { type Options, readOptions, usage } from './options.ts';
import { startPlatform } from './platform.ts';
import { readShownOnce, writeQuickstart } from './quickstart.ts';
import { StartError } from './start-error.ts';

/** Each is embedded unless it is set. */
const StoreUrls = Type.Object({
  DATABASE_URL: Type.Optional(Type.String()),
  REDIS_URL: Type.Optional(Type.String()),
  EVENT_LOG_URL: Type.Optional(Type.String()),
});

/** `npm start`: everything in one process, on embedded stores, or on real ones where their URLs are set. */
async function start({ port, host, data, logLevel }: Options): Promise<AsyncDisposable> {
  await using starting = new AsyncDisposableStack();
  const directory = starting.use(openDataDirectory(data));
  const firstStart = new FirstStart(directory);
  firstStart.discardHalf();
  const secrets = instanceSecrets(directory);
  const config = loadConfig(StoreUrls, process.env);
  const stores = {
    databaseUrl: config.DATABASE_URL ?? `pglite:${databaseFolder(directory)}`,
    redisUrl: config.REDIS_URL ?? 'memory:local',
    eventLogUrl: config.EVENT_LOG_URL ?? 'memory:local',
  };
  const { db } = starting.use(await openDatabase(stores.databaseUrl));
  const keyring = keyringFile(directory, systemClock.nowMs());
  const spoolDirectory = directory.file('spool');
  // Whoever tries webhooks here has the receiver on the same machine.
  const outboundAllowedHosts = process.env.OUTBOUND_ALLOWED_HOSTS || 'localhost,127.0.0.1';
  const platform = starting.use(
    await startPlatform({
      stores,
      secrets,
      keyringFile: keyring,
      port,
      host,
      logLevel,
      spoolDirectory,
      outboundAllowedHosts,
      tracing: loadConfig(TracingConfig, process.env),
    }),
  );
  const quickstart = await gatherQuickstart({ db, secrets, platform, earlier: readShownOnce(directory) });
  const path = writeQuickstart(directory, quickstart);
  firstStart.done();
  process.stdout.write(banner(quickstart, path));
  return starting.move();
}

async function main(): Promise<void> {
  const options = readOptions(process.argv.slice(2));
  if (!options) {
    process.stdout.write(usage);
    return;
  }
  process.stdout.write('Keyward is starting; the first start takes some seconds …\n');
  const starting = start(options);
  stopOnSignal(async (error) => {
    if (error) process.stderr.write(`Keyward stops after an error that nothing caught: ${error.stack}\n`);
    else process.stdout.write('\nKeyward is stopping; what waits is being counted …\n');
    const running = await starting.catch(() => undefined);
    await running?.[Symbol.asyncDispose]();
  });
  await starting;
}

try {
  await main();
} catch (error) {
  const isExplained = error instanceof StartError || error instanceof ConfigError;
  const text = isExplained ? error.message : `Keyward could not start: ${(error as Error).stack}`;
  process.stderr.write(`${text}\n`);
  process.exit(1); // as in kit's main
}

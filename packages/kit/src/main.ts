import type { TObject } from 'typebox';
import { ConfigError, loadConfig } from './config.ts';
import { createLogger } from './logger.ts';
import { Process } from './process-config.ts';
import { type ServiceDefinition, startService } from './service.ts';
import { stopOnSignal } from './stop-on-signal.ts';

/** A service as a process: configuration from the environment, a drain on SIGTERM, exit code 1 when it cannot start. */
export async function runMain<C extends TObject, D>(definition: ServiceDefinition<C, D>): Promise<void> {
  try {
    const { HOST: host, PORT: port, LOG_LEVEL: logLevel } = loadConfig(Process, process.env);
    const config = loadConfig(definition.config, process.env);
    const logger = createLogger({
      service: definition.name,
      level: logLevel,
      schemas: [...definition.schemas, definition.config],
    });
    let starting: ReturnType<typeof startService> | undefined;
    // Before it starts, or a container that is stopped meanwhile would not hear of it: its first process ignores signals that it does
    // not handle.
    stopOnSignal(async (error) => {
      if (error) logger.fatal({ err: error }, 'stopping after an error that nothing caught');
      else logger.info('stopping');
      const service = await starting?.catch(() => undefined); // what it could not start for is told below
      await service?.[Symbol.asyncDispose]();
    });
    starting = startService(definition, { config, host, port, logLevel, logger });
    await starting;
  } catch (error) {
    const text =
      error instanceof ConfigError ? error.message : `${definition.name} could not start: ${(error as Error).message}`;
    process.stderr.write(`${text}\n`);
    process.exitCode = 1;
  }
}

import type { Static, TObject } from 'typebox';
import { ConfigError, loadConfig } from './config.ts';
import { createLogger } from './logger.ts';
import { Process } from './process-config.ts';
import type { ServerTlsPaths } from './server-tls.ts';
import { type ServiceDefinition, startService } from './service.ts';
import { stopOnSignal } from './stop-on-signal.ts';

/** A service as a process: configuration from the environment, a drain on SIGTERM, exit code 1 when it cannot start. */
export async function runMain<C extends TObject, D>(definition: ServiceDefinition<C, D>): Promise<void> {
  try {
    const processConfig = loadConfig(Process, process.env);
    const { HOST: host, PORT: port, LOG_LEVEL: logLevel, DRAIN_MS: drainMs } = processConfig;
    const tls = tlsPaths(processConfig);
    const config = loadConfig(definition.config, process.env);
    const logger = createLogger({
      service: definition.name,
      level: logLevel,
      schemas: [...definition.schemas, definition.config],
    });
    let starting: ReturnType<typeof startService> | undefined;
    const stop = async (error: Error | undefined) => {
      if (error) logger.fatal({ err: error }, 'stopping after an error that nothing caught');
      else logger.info('stopping');
      const service = await starting?.catch(() => undefined); // what it could not start for is told below
      await service?.[Symbol.asyncDispose]();
    };
    // Before it starts, or a container that is stopped meanwhile would not hear of it: its first process ignores signals that it does
    // not handle.
    stopOnSignal(stop, { drainMs });
    starting = startService(definition, { config, host, port, logLevel, drainMs, tls, logger, tracing: processConfig });
    await starting;
  } catch (error) {
    const text =
      error instanceof ConfigError ? error.message : `${definition.name} could not start: ${(error as Error).message}`;
    process.stderr.write(`${text}\n`);
    process.exit(1); // whatever it has left open must not keep it from being started anew
  }
}

function tlsPaths(config: Static<typeof Process>): ServerTlsPaths | undefined {
  const { TLS_CERT_FILE: cert, TLS_KEY_FILE: key, TLS_CLIENT_CA_FILE: clientCa } = config;
  if (cert !== undefined && key !== undefined) return { cert, key, clientCa };
  if (cert === undefined && key === undefined && clientCa === undefined) return undefined;
  throw new ConfigError(['TLS_CERT_FILE and TLS_KEY_FILE are set both or neither, and TLS_CLIENT_CA_FILE needs them']);
}

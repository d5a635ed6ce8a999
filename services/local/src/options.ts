import { parseArgs } from 'node:util';
import { StartError } from './start-error.ts';

export interface Options {
  /** The gateway's port; admin-api takes the next one. 0 = any free ports. */
  port: number;
  /** The address that gateway and admin-api listen on. */
  host: string;
  /** Where everything is kept. */
  data: string;
  logLevel: string;
}

export const usage = `npm start -- [options]
  --port <number>       the gateway's port, admin-api takes the next one; 0 = any free ones (7700)
  --host <address>      the address that both listen on (127.0.0.1)
  --data <directory>    where everything is kept (.keyward)
  --log-level <level>   trace, debug, info, warn, error or silent (warn)
  --help                this text
Any store can be a real one: set DATABASE_URL, REDIS_URL or EVENT_LOG_URL.
`;

const levels = ['trace', 'debug', 'info', 'warn', 'error', 'silent'];

/** The command line; undefined: help was asked for. */
export function readOptions(args: string[]): Options | undefined {
  const { values } = parse(args);
  if (values.help) return undefined;
  const port = Number(values.port);
  if (!/^\d+$/.test(values.port) || port > 65_534)
    throw new StartError(`--port ${values.port} is not a port: give a number from 0 to 65534.`);
  if (!levels.includes(values['log-level'])) throw new StartError(`--log-level is one of ${levels.join(', ')}.`);
  return { port, host: values.host, data: values.data, logLevel: values['log-level'] };
}

function parse(args: string[]) {
  try {
    return parseArgs({
      args,
      options: {
        port: { type: 'string', default: '7700' },
        host: { type: 'string', default: '127.0.0.1' },
        data: { type: 'string', default: '.keyward' },
        'log-level': { type: 'string', default: 'warn' },
        help: { type: 'boolean', default: false },
      },
    });
  } catch (error) {
    throw new StartError(`${(error as Error).message}\n${usage}`);
  }
}

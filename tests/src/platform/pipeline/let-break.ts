import { waitUntil } from '../../backends/wait-until.ts';
import type { ServiceProcess } from '../service-process.ts';

/** Arms a process that was started with a point at which it ends itself, and answers how it ended, printed for people. */
export async function letBreak({ process: broken }: ServiceProcess, point: string): Promise<NodeJS.Signals> {
  broken.signal('SIGWINCH');
  await waitUntil(() => !broken.isRunning(), { what: `the point "${point}" to be reached`, timeoutMs: 20_000 });
  const { code, signal } = await broken.exit;
  if (signal === null)
    throw new Error(`"${point}" was not reached: it ended with ${code}, and printed ${broken.output()}`);
  process.stdout.write(`${point}: ended by ${signal}\n`);
  return signal;
}

import { rm } from 'node:fs/promises';
import type { ServerProcess } from './server-process.ts';
import type { StartedStore } from './started-store.ts';

/** A server process of ours, which a test may freeze, kill and start again on the same port and data. */
export interface NativeServer extends StartedStore {
  origin: 'native';
  readonly port: number;
  /** The process that runs now; another one after `restart`. */
  readonly pid: number;
  /** SIGSTOP: connections stay open and nothing answers. */
  freeze(): void;
  thaw(): void;
  /** SIGKILL; resolves when the process is gone. The data stay. */
  kill(): Promise<void>;
  /** Starts it again on the same port and data, after a `kill` or in place of the running process. */
  restart(): Promise<void>;
}

export interface NativeServerPlan {
  url: string;
  port: number;
  /** Removed by `stop`, after the process has gone, and when the start fails. */
  dataFolder: string;
  /** Fills the data folder before the first launch. */
  prepare?(): Promise<void>;
  /** Starts the process and resolves when it is ready. */
  launch(): Promise<ServerProcess>;
}

export async function startNativeServer(plan: NativeServerPlan): Promise<NativeServer> {
  const { url, port, dataFolder, launch } = plan;
  const removeData = () => rm(dataFolder, { recursive: true, force: true, maxRetries: 3 });
  let running: ServerProcess;
  try {
    await plan.prepare?.();
    running = await launch();
  } catch (error) {
    await removeData();
    throw error;
  }
  return {
    url,
    port,
    origin: 'native',
    get pid() {
      return running.pid;
    },
    freeze: () => running.signal('SIGSTOP'),
    thaw: () => running.signal('SIGCONT'),
    kill: () => running.kill(),
    async restart() {
      await running.stop();
      running = await launch();
    },
    async stop() {
      await running.stop();
      await removeData();
    },
  };
}

/** Tries `start` again when another process took the port between our look and the server's bind. */
export async function retryOnLostPort<T>(start: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await start();
    } catch (error) {
      const lostPort = error instanceof Error && /address already in use|in use by another/i.test(error.message);
      if (!lostPort || attempt === 3) throw error;
    }
  }
}

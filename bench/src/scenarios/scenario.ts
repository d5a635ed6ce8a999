import type { Load } from '../load/load.ts';
import type { Summary } from '../report/summary.ts';
import type { Installation } from '../stack/installation.ts';
import type { ServerProcess } from '../stack/server-process.ts';
import type { KeyRings } from './key-rings.ts';

export interface Scenario {
  name: string;
  what: string;
  /** Does what carries events on run meanwhile? */
  relay: 'runs' | 'is held';
  run(bench: Bench): Promise<Measurement>;
}

/** What scenarios are run on. */
export interface Bench {
  installation: Installation;
  echo: ServerProcess;
  load: Load;
  keys: KeyRings;
  rounds: number;
  callsPerRound: number;
  progress: (text: string) => void;
}

export type Measurement = Omit<Summary, 'name' | 'what'>;

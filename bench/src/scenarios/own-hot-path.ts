import type { HotPath } from '../stack/start-hot-path.ts';
import type { Bench } from './scenario.ts';

/** Works on a gateway and a validator that have just started, and end with it. */
export async function onOwnHotPath<T>(bench: Bench, work: (bench: Bench, hotPath: HotPath) => Promise<T>): Promise<T> {
  const { installation } = bench;
  await using hotPath = await installation.startHotPath();
  const pids = { ...installation.pids, ...hotPath.pids };
  return await work({ ...bench, installation: { ...installation, hotPath, pids } }, hotPath);
}

import type { CallPlan } from '../load/call-plan.ts';
import { Load } from '../load/load.ts';
import type { Sent } from '../load/send-calls.ts';

interface Steady {
  plan: CallPlan;
  origin: string;
  connections: number;
  perSecond: number;
  sliceSeconds: number;
  slices: number;
  onSlice(sent: Sent): Promise<void>;
}

/** Calls at one pace, in slices: while one process sends a slice, another makes the next, so that no envelope is old. */
export async function sendSteadily({
  plan,
  perSecond,
  sliceSeconds,
  slices,
  onSlice,
  ...sending
}: Steady): Promise<void> {
  using first = new Load();
  using second = new Load();
  const loads = [first, second];
  const count = Math.ceil(perSecond * sliceSeconds);
  const loadOf = (slice: number) => loads[slice % loads.length] ?? first;
  await loadOf(0).make(plan, count);
  for (let slice = 0; slice < slices; slice += 1) {
    const isLast = slice === slices - 1;
    const [sent] = await Promise.all([
      loadOf(slice).send({ ...sending, perSecond }),
      isLast ? undefined : loadOf(slice + 1).make(plan, count),
    ]);
    await onSlice(sent);
  }
}

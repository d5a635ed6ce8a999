import { readFile } from 'node:fs/promises';

/** What V8 writes, as far as it is read here. */
interface CpuProfile {
  nodes: { id: number; callFrame: { functionName: string; url: string; lineNumber: number } }[];
  samples: number[];
  /** µs before each sample. */
  timeDeltas: number[];
}

export interface ProfiledFunction {
  name: string;
  /** `gateway/main.mjs:123`, or a module of Node. */
  place: string;
  /** Of the time in which the process was not idle. */
  share: number;
}

const notWork = new Set(['(idle)', '(program)', '(root)']);

/** The functions that a process spent its time in, by their own time, most first. */
export async function readProfile(path: string): Promise<ProfiledFunction[]> {
  const { nodes, samples, timeDeltas }: CpuProfile = JSON.parse(await readFile(path, 'utf8'));
  const nodeOf = new Map(nodes.map((node) => [node.id, node]));
  const ownUs = new Map<string, { name: string; place: string; us: number }>();
  for (const [i, id] of samples.entries()) {
    const {
      functionName: name,
      url,
      lineNumber,
    } = nodeOf.get(id)?.callFrame ?? { functionName: '', url: '', lineNumber: 0 };
    if (notWork.has(name)) continue;
    const place = url === '' ? '' : `${url.split('/').slice(-2).join('/')}:${lineNumber + 1}`;
    const known = ownUs.get(`${name} ${place}`) ?? { name: name === '' ? '(anonymous)' : name, place, us: 0 };
    known.us += timeDeltas[i] ?? 0;
    ownUs.set(`${name} ${place}`, known);
  }
  const all = [...ownUs.values()];
  const busyUs = all.reduce((sum, { us }) => sum + us, 0);
  return all.map(({ us, ...found }) => ({ ...found, share: us / busyUs })).sort((a, b) => b.share - a.share);
}

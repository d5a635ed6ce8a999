import { median } from '../report/median.ts';
import { printMachine } from '../report/print-machine.ts';
import type { SoakResult } from './judge.ts';

/** In Markdown. */
export function printSoak(result: SoakResult, faults: readonly string[]): string {
  const { machine, minutes, perSecond, possible, answers, counted, growths, p99sMs } = result;
  const told = Object.entries(answers).map(([status, count]) => `${count} with ${status}`);
  const memory = growths.map(
    ({ process, settledMb, endMb, isFlat }) =>
      `- ${process}: ${settledMb} MB once settled, ${endMb} at the end${isFlat ? '' : ': it grows'}`,
  );
  return `# Soak of ${machine.date.slice(0, 10)}

${printMachine(machine)}

${perSecond} calls/s for ${minutes} minutes, ${Math.round((perSecond / possible) * 100)} % of the ${Math.round(possible)} that were answered and counted at most; p99 of five
seconds: ${median(p99sMs).toFixed(1)} ms at the median, ${Math.max(...p99sMs).toFixed(1)} ms at most. In all, calls were answered ${told.join(', ')}, and the
usage tells of ${counted}. RSS:

${memory.join('\n')}

${faults.length === 0 ? 'No event is lost, and memory is flat.' : faults.map((fault) => `**${fault}**`).join('\n')}
`;
}

import type { Machine } from './machine.ts';

export function printMachine(machine: Machine): string {
  const { cpu, cores, memoryGb, kernel, node, redis, kafka, postgres, loadAverage } = machine;
  return `${cpu}, ${cores} cores, ${memoryGb} GB, ${kernel}; Node ${node}, Redis ${redis}, Kafka ${kafka}, Postgres ${postgres}; load average
${loadAverage} at the start. All of it, the load included, ran on this machine: hold ratios against others, not rates.`;
}

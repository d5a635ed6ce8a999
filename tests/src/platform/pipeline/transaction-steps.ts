const mark = 'steps of a batch: ';

/** The line by which an ingest tells the statements of the first batch that it wrote. */
export const printSteps = (steps: readonly string[]): string => `${mark}${JSON.stringify(steps)}\n`;

/** The statements that it told, in their order. */
export function readSteps(output: string): string[] | undefined {
  const line = output.split('\n').find((each) => each.startsWith(mark));
  return line === undefined ? undefined : JSON.parse(line.slice(mark.length));
}

/** What the operations of one tag were answered. */
export interface AnswersOfTag {
  tag: string;
  operations: number;
  all: number;
  /** With a status of 2xx. */
  done: number;
}

/** Reads the lines `tag operation status` that hooks.py writes. */
export function readAnswers(lines: string): AnswersOfTag[] {
  const answers = lines
    .trim()
    .split('\n')
    .map((line) => line.split(' '));
  return [...Map.groupBy(answers, ([tag = '']) => tag)].map(([tag, ofTag]) => ({
    tag,
    operations: new Set(ofTag.map(([, operation]) => operation)).size,
    all: ofTag.length,
    done: ofTag.filter(([, , status = '']) => status.startsWith('2')).length,
  }));
}

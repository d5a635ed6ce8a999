import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';

const dockerfile = resolve(import.meta.dirname, '../../../infra/service.Dockerfile');
/** What the stages of services are made from. */
const base = 'runtime';

/** What the image of a service sets in its environment; where it listens is told to each. */
export function imageEnvironment(service: string): Record<string, string> {
  const stages = readFileSync(dockerfile, 'utf8').split(/^FROM /m);
  const texts = [base, service].map(
    (name) => stages.find((stage) => new RegExp(`^\\S+ AS ${name}\\n`).test(stage)) ?? '',
  );
  const settings = texts.flatMap((text) =>
    [...text.matchAll(/^ENV (.+)$/gm)].flatMap(([, line = '']) => pairsIn(line)),
  );
  const { PORT: _, ...environment } = Object.fromEntries(settings);
  return environment;
}

function pairsIn(line: string): [string, string][] {
  return [...line.matchAll(/(\w+)=(?:"([^"]*)"|(\S+))/g)].map(([, name = '', quoted, bare]) => [
    name,
    quoted ?? bare ?? '',
  ]);
}

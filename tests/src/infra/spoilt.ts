interface PlantedDefect {
  /** Kind and name, which may go on. */
  object: string;
  text: string | RegExp;
  by: string;
}

/** The YAML with `text` (its first place in that object) replaced. @throws Error when there is no such object, or nothing to replace. */
export function spoilt(yaml: string, { object, text, by }: PlantedDefect): string {
  const documents = yaml.split(/^---\n/m);
  const place = documents.findIndex((document) => isNamed(document, object));
  const whole = documents[place] ?? '';
  const changed = whole.replace(text, by);
  if (changed === whole) throw new Error(`the defect is not planted in ${object}`);
  return documents
    .with(place, changed)
    .filter((document) => document.trim() !== '')
    .join('---\n');
}

function isNamed(document: string, object: string): boolean {
  const [, kind] = /^kind: (.*)$/m.exec(document) ?? [];
  const [, name] = /^metadata:\n(?: {4}.*\n| {2}(?!name:).*\n)* {2}name: (.*)$/m.exec(document) ?? [];
  return `${kind} ${name}`.startsWith(object);
}

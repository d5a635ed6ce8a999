import type { TSchema } from 'typebox';
import { Check } from 'typebox/value';
import { isMarked } from '../marked-fields.ts';
import { exampleValues, shownOptionals } from './example-values.ts';
import { nameOfSchema } from './names.ts';

interface Node {
  const?: unknown;
  enum?: readonly unknown[];
  default?: unknown;
  type?: string;
  anyOf?: readonly Node[];
  items?: Node;
  properties?: Readonly<Record<string, Node>>;
  required?: readonly string[];
}

interface Example {
  value: unknown;
  /** Fields for which there was nothing to say. */
  missing: readonly string[];
}

/**
 * An example of a schema: each field has the value that its name stands for, as far as it fits the field; what need not be there is
 * shown where it tells something; secrets only in what was `created`.
 */
export function exampleOf(schema: unknown, { shows }: { shows: 'input' | 'answer' | 'created' }): Example {
  const missing: string[] = [];
  return { value: exampleIn(schema as Node, ''), missing };

  function exampleIn(node: Node, name: string, owner?: string): unknown {
    if (node.const !== undefined) return node.const;
    const known = [exampleValues[`${owner}.${name}`], exampleValues[name]].find(
      (value) => value !== undefined && Check(node as TSchema, value),
    );
    if (known !== undefined) return known;
    if (node.enum) return node.default ?? node.enum[0];
    if (node.anyOf) return exampleIn(node.anyOf[0] ?? {}, name);
    switch (node.type) {
      case 'object':
        return objectOf(node);
      case 'array':
        return [exampleIn(node.items ?? {}, singular(name))];
      default:
        missing.push(name);
        return node.default ?? null;
    }
  }

  function objectOf(node: Node): Record<string, unknown> {
    const { properties = {}, required = [] } = node;
    const owner = nameOfSchema(node);
    const shown = Object.entries(properties).filter(([name, field]) => required.includes(name) || isShown(name, field));
    return Object.fromEntries(shown.map(([name, field]) => [name, exampleIn(field, name, owner)]));
  }

  function isShown(name: string, field: Node): boolean {
    if (isMarked(field, 'x-secret')) return shows === 'created';
    return shows === 'input' && shownOptionals.has(name);
  }
}

function singular(name: string): string {
  return name.replace(/s$/, '');
}

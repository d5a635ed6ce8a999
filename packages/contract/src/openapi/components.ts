import { nameOfSchema } from './names.ts';

export type Printed = Record<string, unknown>;

/** What a document says once and refers to: schemas that have a name, and the answers of calls that fail alike. */
export class Components {
  readonly schemas: Record<string, Printed> = {};
  readonly responses: Record<string, Printed> = {};

  response(name: string, make: () => Printed): Printed {
    this.responses[name] ??= make();
    return { $ref: `#/components/responses/${name}` };
  }

  /** A schema as OpenAPI writes it. */
  schema(schema: unknown): Printed {
    const name = nameOfSchema(schema);
    if (name === undefined) return this.#inner(schema);
    if (!(name in this.schemas)) {
      this.schemas[name] = {}; // Its place, should it hold itself.
      this.schemas[name] = this.#inner(schema);
    }
    return { $ref: `#/components/schemas/${name}` };
  }

  #inner(schema: unknown): Printed {
    const printed: Printed = {};
    for (const [keyword, value] of Object.entries(schema as Printed)) printed[keyword] = this.#value(keyword, value);
    const { enum: values } = printed;
    if (printed.type === undefined && Array.isArray(values) && values.every((value) => typeof value === 'string'))
      return { type: 'string', ...printed };
    return printed;
  }

  #value(keyword: string, value: unknown): unknown {
    switch (keyword) {
      case 'properties':
      case 'patternProperties':
        return Object.fromEntries(Object.entries(value as Printed).map(([name, each]) => [name, this.schema(each)]));
      case 'items':
        return this.schema(value);
      case 'anyOf':
      case 'allOf':
        return (value as unknown[]).map((each) => this.schema(each));
      default:
        return value;
    }
  }
}

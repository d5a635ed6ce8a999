import { freeFields } from '@keyward/contract/marked-fields';
import { fieldsOfUse } from '@keyward/contract/of-use';

/**
 * What is left of a resource without the fields that its use changes (`OfUse`). `schema`: of the resource, or of all that there are. In
 * `metadata` every field is left: there `version` or `count` is what somebody has written.
 */
export function withoutUse(schema: unknown): (resource: object) => object {
  const [ofUse, free] = [fieldsOfUse(schema), freeFields(schema)];
  const cleaned = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(cleaned);
    return typeof value === 'object' && value !== null ? cleanedObject(value) : value;
  };
  const cleanedObject = (object: object): object => {
    const kept = Object.entries(object).filter(([name]) => !ofUse.has(name));
    return Object.fromEntries(kept.map(([name, value]) => [name, free.has(name) ? value : cleaned(value)]));
  };
  return cleanedObject;
}

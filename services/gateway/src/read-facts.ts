import { ValidateBody } from '@keyward/contract/routes/validate';
import { invalidInput } from '@keyward/kit/app-error';
import { parseInstant } from '@keyward/kit/parse-instant';
import { compileValidator } from '@keyward/kit/validation';

const validateBody = compileValidator(ValidateBody);

/** What a validation says of the caller's request. Everything else of the body, `payload` above all, ends here. */
export interface Facts {
  name?: string;
  /** As it was sent. */
  timestamp: string;
  timestampMs: number;
  headers: ValidateBody['headers'];
  cost?: number;
  remoteAddress?: string;
  tellsKey?: true;
}

/** Reads the facts of a parsed body; throws INVALID_INPUT with every fault at once. */
export function readFacts(body: unknown): Facts {
  if (!validateBody.check(body)) throw invalidInput(validateBody.faults(body));
  const timestampMs = parseInstant(body.timestamp);
  if (timestampMs === undefined) throw invalidInput([{ path: '/timestamp', message: 'must be a moment that exists' }]);
  const facts: Facts = { timestamp: body.timestamp, timestampMs, headers: body.headers };
  if (body.cost !== undefined) facts.cost = body.cost;
  if (body.name !== undefined) facts.name = body.name;
  if (body.remoteAddress !== undefined) facts.remoteAddress = body.remoteAddress;
  if (body.tellKey) facts.tellsKey = true;
  return facts;
}

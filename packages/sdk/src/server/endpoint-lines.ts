import { type Endpoint, endpointOf } from '../endpoint.ts';
import { queryValue } from '../http/query-value.ts';
import type { RequestFacts } from '../validation.ts';

/** How an endpoint is asked about. */
export interface EndpointLine {
  endpoint: Endpoint;
  /** Path and query after the base URL. */
  path: string;
  /** What `x-apikee-signature` is over, but for the timestamp after it. */
  signed: string;
}

/** More patterns than an application has; those beyond are printed anew each time. */
const maxPatterns = 1_000;

/** Prints an endpoint into a request line, once for each pattern, since every call needs it. */
export class EndpointLines {
  readonly #projectEnv: string;
  readonly #patterns = new Map<string, EndpointLine>();

  constructor(projectEnv: string) {
    this.#projectEnv = queryValue(projectEnv);
  }

  of(facts: RequestFacts): EndpointLine {
    if (facts.route === undefined) return this.#print(facts);
    const name = `${facts.method} ${facts.route}`;
    const known = this.#patterns.get(name);
    if (known) return known;
    const line = this.#print(facts);
    if (this.#patterns.size < maxPatterns) this.#patterns.set(name, line);
    return line;
  }

  #print(facts: RequestFacts): EndpointLine {
    const endpoint = endpointOf(facts);
    const methodPath = methodPathOf(endpoint);
    const path = `/client/self?project_env=${this.#projectEnv}&method_path=${queryValue(methodPath)}`;
    return { endpoint, path, signed: `self|${methodPath}` };
  }
}

/** A signature is over parts with `|` between them, so that none of them may hold one (wire.md §2.3). */
function methodPathOf({ method, path }: Endpoint): string {
  return `${method}:${path.replaceAll('|', '%7C')}`;
}

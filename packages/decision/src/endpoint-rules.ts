import type { EndpointRule, EnvironmentRecord } from '@keyward/contract/projection';
import { isParameter, parseMethodPath, pathSegments } from './endpoint-path.ts';

/** The endpoints of an environment, made once from its record and asked often. */
export interface EndpointRules {
  /** The rule for a request, by its `method_path`; undefined: no endpoint of the record is of that path. */
  find(methodPath: string): EndpointRule | undefined;
}

/**
 * A `{…}` segment of a rule takes any segment, so `/users/{id}` is known by `/users/7` and by `/users/me`. Where several
 * endpoints match, the most specific wins: a segment's own text before `{…}`, from the left. But an endpoint for which
 * nobody has decided anything never stands in the way of one that is wider and decided: SDKs register whatever path was
 * requested, and a caller could else lift the rule of `/users/{id}` by asking for `/users/x` twice.
 */
export function endpointRules(environment: Pick<EnvironmentRecord, 'endpoints' | 'settings'>): EndpointRules {
  const spell = environment.settings.endpointCase === 'fold' ? lowerCase : asItIs;
  const methods = new Map<string, Node>();
  for (const endpoint of environment.endpoints) {
    const root = entryOf(methods, endpoint.method);
    const end = pathSegments(endpoint.path).reduce((node, segment) => childOf(node, segment, spell), root);
    end.rule = end.rule ? both(end.rule, endpoint) : endpoint;
  }
  return {
    find(methodPath) {
      const parsed = parseMethodPath(methodPath);
      const root = parsed && methods.get(parsed.method);
      return root && findIn(root, pathSegments(parsed.path).map(spell), 0);
    },
  };
}

const compiled = new WeakMap<object, EndpointRules>();

/** The rules of a record, compiled when they are first asked for: records are kept, and never changed in place. */
export function endpointRulesOf(environment: EnvironmentRecord): EndpointRules {
  const known = compiled.get(environment);
  if (known) return known;
  const rules = endpointRules(environment);
  compiled.set(environment, rules);
  return rules;
}

interface Node {
  literals: Map<string, Node>;
  parameter?: Node;
  rule?: EndpointRule;
}

/** Every node is another path, so one question asks each node at most once. */
function findIn(node: Node, segments: readonly string[], at: number): EndpointRule | undefined {
  const segment = segments[at];
  if (segment === undefined) return node.rule;
  const literal = node.literals.get(segment);
  const specific = literal && findIn(literal, segments, at + 1);
  if (specific && isDecided(specific)) return specific;
  const wider = node.parameter && findIn(node.parameter, segments, at + 1);
  return wider && isDecided(wider) ? wider : (specific ?? wider);
}

function isDecided({ enabled, requiredScopes }: EndpointRule): boolean {
  return !enabled || requiredScopes !== undefined;
}

/** Two names of one pattern (`/users/{id}`, `/users/{user}`) are one endpoint: what either asks for holds. */
function both(one: EndpointRule, other: EndpointRule): EndpointRule {
  const scopes = [one, other].flatMap(({ requiredScopes }) => requiredScopes ?? []);
  const isScoped = one.requiredScopes !== undefined || other.requiredScopes !== undefined;
  return { ...one, enabled: one.enabled && other.enabled, ...(isScoped ? { requiredScopes: scopes } : {}) };
}

function childOf(node: Node, segment: string, spell: (segment: string) => string): Node {
  if (!isParameter(segment)) return entryOf(node.literals, spell(segment));
  node.parameter ??= newNode();
  return node.parameter;
}

function entryOf(nodes: Map<string, Node>, name: string): Node {
  const node = nodes.get(name) ?? newNode();
  nodes.set(name, node);
  return node;
}

const newNode = (): Node => ({ literals: new Map() });
const asItIs = (segment: string) => segment;
const lowerCase = (segment: string) => segment.toLowerCase();

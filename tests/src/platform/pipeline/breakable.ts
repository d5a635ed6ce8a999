import type { BreakingPoint } from './breaking-point.ts';

/** The port itself, each of whose methods is a step at which the process may break: `<name>.<method>`. */
export function breakable<T extends object>(port: T, name: string, point: BreakingPoint): T {
  return new Proxy(port, {
    get(target, property) {
      const value: unknown = Reflect.get(target, property, target);
      if (typeof value !== 'function') return value;
      if (typeof property === 'symbol') return value.bind(target);
      return (...args: unknown[]) => point.around(`${name}.${property}`, () => Reflect.apply(value, target, args));
    },
  });
}

/** `KEYWARD_<name>`, else `APIKEE_<name>` or another of the names that the published packages read. */
export function variable(environment: Environment, ...names: string[]): string | undefined {
  for (const prefix of ['KEYWARD', 'APIKEE']) {
    for (const name of names) {
      const value = environment[`${prefix}_${name}`]?.trim();
      if (value) return value;
    }
  }
  return undefined;
}

export type Environment = Readonly<Record<string, string | undefined>>;

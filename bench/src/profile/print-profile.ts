import type { ProfiledFunction } from './read-profile.ts';

const shown = 30;

/** The largest of them, a line each, with a heading. */
export function printProfile(service: string, functions: readonly ProfiledFunction[]): string {
  const lines = functions
    .slice(0, shown)
    .map(({ name, place, share }) => `${(share * 100).toFixed(1).padStart(5)} %  ${name.padEnd(40)} ${place}`);
  return `${service}, own time of what is not idle\n${lines.join('\n')}\n`;
}

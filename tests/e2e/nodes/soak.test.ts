/** `SOAK_MINUTES=30 npm test -- soak` makes it as long as it is meant to be. */
import { fileURLToPath } from 'node:url';
import { runToEnd } from '@keyward/tests/backends/run-to-end';
import { describe, expect, it } from 'vitest';

const minutes = Number(process.env.SOAK_MINUTES ?? 2);
const timeoutMs = minutes * 60_000 + 240_000;
const root = fileURLToPath(new URL('../../..', import.meta.url));

describe('an installation under a load that it can bear [real]', () => {
  it('counts each call once, and keeps to its memory', { timeout: timeoutMs }, async () => {
    const args = ['bench/src/soak/soak.ts', '--minutes', String(minutes)];
    const { code, output, errors } = await runToEnd(process.execPath, args, { cwd: root, timeoutMs });
    expect(code, errors + output).toBe(0);
    expect(output).toContain('No event is lost, and memory is flat.');
    process.stdout.write(output);
  });
});

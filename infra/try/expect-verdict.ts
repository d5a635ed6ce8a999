import { waitUntil } from '../../tests/src/backends/wait-until.ts';
import { type Application, ask } from './ask.ts';

/** Asks about the application's key; while there is no verdict to be had, again. @throws Error when it is another verdict. */
export async function expectVerdict(app: Application, expected: string): Promise<void> {
  let code: string | undefined;
  await waitUntil(
    async () => {
      code = (await ask(app, '/api/v1/key/verify', { key: app.key })).code;
      return code !== 'UNAVAILABLE';
    },
    { what: 'a verdict', timeoutMs: 60_000 },
  );
  if (code !== expected) throw new Error(`the key was answered ${code} and not ${expected}`);
}

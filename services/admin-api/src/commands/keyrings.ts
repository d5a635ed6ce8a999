import { readFile } from 'node:fs/promises';
import { type Keyring, KeyringError, parseKeyring, printKeyring, usableKeys } from '@keyward/envelope/keyring';
import { addKey, KeyringRefusal, promoteKey, retireKey } from '@keyward/envelope/keyring-changes';
import { systemClock } from '@keyward/kit/clock';
import { loadConfig } from '@keyward/kit/config';
import { parseInstant } from '@keyward/kit/parse-instant';
import { writePrivateFile } from '@keyward/kit/private-file';
import Type from 'typebox';
import { type Command, type CommandContext, type CommandOption, requiredText, textOf, UsageError } from './command.ts';
import { table } from './table.ts';

const needed = Type.Object({ KEYRING_FILE: Type.String({ minLength: 1 }) });
const fileOption: CommandOption = { flags: '--file <path>', description: 'the keyring file; else KEYRING_FILE' };
/** Every gateway has read the file by then, and opens what is sealed to the key. */
const noticeMs = 86_400_000;

export const keyringList: Command = {
  name: 'keyring list',
  summary: 'lists the keys that envelopes are sealed to; no private one is shown',
  options: [fileOption],
  async run(context) {
    const { keyring } = await readKeyring(context);
    const keys = viewKeyring(keyring);
    const rows = keys.map(({ kid, state, notBefore, notAfter }) => [kid, state, notBefore, notAfter ?? 'open']);
    for (const line of table([['KID', 'STATE', 'NOT BEFORE', 'NOT AFTER'], ...rows])) context.report(line);
    return { keys };
  },
};

export const keyringAdd: Command = {
  name: 'keyring add',
  summary: 'adds a key that becomes the current one in a day, when every gateway has it',
  options: [fileOption, { flags: '--not-before <time>', description: 'when its life begins instead, ISO 8601' }],
  async run(context) {
    const notBeforeMs = timeOf(context, 'not-before') ?? systemClock.nowMs() + noticeMs;
    const { path, keyring } = await readKeyring(context);
    const added = addKey(keyring, { notBeforeMs });
    writePrivateFile(path, printKeyring(added.keyring));
    context.report(`Added the key ${added.key.kid}; it is the current one from ${iso(notBeforeMs)}.`);
    return { kid: added.key.kid, publicKey: added.key.publicKey.toString('base64'), notBefore: iso(notBeforeMs) };
  },
};

export const keyringPromote: Command = {
  name: 'keyring promote',
  summary: 'makes a key the current one now; the others go on opening what was sealed to them',
  arguments: ['<kid>'],
  options: [fileOption],
  run: (context) => changeKeyring(context, (keyring, kid) => promoteKey(keyring, { kid, nowMs: systemClock.nowMs() })),
};

export const keyringRetire: Command = {
  name: 'keyring retire',
  summary: 'ends the life of a key; not of one that SDKs may have used in the last 30 days, unless forced',
  arguments: ['<kid>'],
  options: [
    fileOption,
    { flags: '--at <time>', description: 'when its life ends, ISO 8601; now, unless it is given' },
    { flags: '--force', description: 'although somebody may still seal to it' },
  ],
  run: (context) =>
    changeKeyring(context, (keyring, kid) => {
      const nowMs = systemClock.nowMs();
      const mode = context.given.force === true ? 'forced' : 'careful';
      return retireKey(keyring, { kid, nowMs, notAfterMs: timeOf(context, 'at') ?? nowMs, mode });
    }),
};

async function changeKeyring(
  context: CommandContext,
  change: (keyring: Keyring, kid: string) => Keyring,
): Promise<object> {
  const kid = requiredText(context, 'kid');
  const { path, keyring } = await readKeyring(context);
  const changed = refusalAsUsage(() => change(keyring, kid));
  writePrivateFile(path, printKeyring(changed));
  context.report(
    `The current key is ${usableKeys(changed, systemClock.nowMs())[0]?.kid}. Gateways read the file again by themselves.`,
  );
  return { keys: viewKeyring(changed) };
}

async function readKeyring(context: CommandContext): Promise<{ path: string; keyring: Keyring }> {
  const file = textOf(context, 'file');
  const { KEYRING_FILE: path } = loadConfig(needed, file === undefined ? context.environment : { KEYRING_FILE: file });
  try {
    return { path, keyring: parseKeyring(await readFile(path, 'utf8')) };
  } catch (error) {
    if (error instanceof KeyringError) throw new UsageError(`${path}: ${error.message}`);
    throw new UsageError(
      `The keyring file cannot be read (${(error as NodeJS.ErrnoException).code ?? 'error'}): ${path}`,
    );
  }
}

function refusalAsUsage<T>(change: () => T): T {
  try {
    return change();
  } catch (error) {
    throw error instanceof KeyringRefusal ? new UsageError(error.message) : error;
  }
}

function viewKeyring(keyring: Keyring) {
  const nowMs = systemClock.nowMs();
  const usable = usableKeys(keyring, nowMs);
  return keyring.keys.map((key) => ({
    kid: key.kid,
    publicKey: key.publicKey.toString('base64'),
    notBefore: iso(key.notBeforeMs),
    notAfter: key.notAfterMs === null ? null : iso(key.notAfterMs),
    state:
      usable[0] === key ? 'current' : usable.includes(key) ? 'overlaps' : key.notBeforeMs > nowMs ? 'to come' : 'over',
  }));
}

function timeOf(context: CommandContext, name: string): number | undefined {
  const text = textOf(context, name);
  if (text === undefined) return undefined;
  const timeMs = parseInstant(text);
  if (timeMs === undefined) throw new UsageError(`--${name} is no moment as 2026-11-21T12:00:00Z`);
  return timeMs;
}

const iso = (timeMs: number) => new Date(timeMs).toISOString();

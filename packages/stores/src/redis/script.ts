import { asking, type RedisConnection } from './connection.ts';
import { readLua } from './read-lua.ts';

/** A Lua script, called by its keys and arguments; throws `StoreAway` when the store cannot be asked. */
export type Script = (keys: readonly string[], args: readonly (string | number | Buffer)[]) => Promise<unknown>;

/** Makes `scripts/<name>.<number of keys>.lua` callable on this connection (EVALSHA, loaded when it is not there). */
export function defineScript(connection: RedisConnection, name: string, numberOfKeys: number): Script {
  connection.defineCommand(name, { lua: readLua(`${name}.${numberOfKeys}`), numberOfKeys });
  // ioredis adds the command to the object, which its types cannot know.
  const command = (connection as unknown as Record<string, (...words: unknown[]) => Promise<unknown>>)[name];
  if (!command) throw new Error(`the script ${name} was not defined`);
  return (keys, args) => asking(command.call(connection, ...keys, ...args));
}

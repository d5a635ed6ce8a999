import { dockerAnswers } from './docker-engine.ts';
import { messageOf } from './message-of.ts';
import type { StartedStore } from './started-store.ts';

export interface StoreSources {
  /** The variable that names a running store. */
  variable: string;
  /** Whether the store at the URL answers; rejects when it does not. */
  probe(url: string): Promise<void>;
  docker(): Promise<StartedStore>;
  native(): Promise<StartedStore>;
  /** What a person can do when none of the three is there; a whole sentence. */
  remedy: string;
}

/**
 * A store from the environment, else from Docker, else from a program on this machine. A URL that was named is used or
 * reported, never replaced.
 * @throws Error whose message says why there is none and what to do.
 */
export async function chooseOrigin(sources: StoreSources): Promise<StartedStore> {
  const url = process.env[sources.variable];
  if (url) return fromEnvironment(url, sources);
  const docker = await fromDocker(sources);
  if (typeof docker !== 'string') return docker;
  try {
    const store = await sources.native();
    if (docker !== noEngine) store.note = docker;
    return store;
  } catch (error) {
    throw new Error(`${docker}; ${messageOf(error)}. ${sources.remedy}`);
  }
}

const noEngine = 'no Docker engine answers';

/** The store, or the reason why Docker does not give it. */
async function fromDocker({ docker }: StoreSources): Promise<StartedStore | string> {
  if (!(await dockerAnswers())) return noEngine;
  try {
    return await docker();
  } catch (error) {
    return `Docker answers, but: ${messageOf(error)}`;
  }
}

async function fromEnvironment(url: string, { variable, probe }: StoreSources): Promise<StartedStore> {
  try {
    await probe(url);
  } catch (error) {
    throw new Error(`${variable} is set, but the store does not answer: ${messageOf(error)}. Correct or unset it.`);
  }
  return { url, origin: 'environment', stop: async () => {} };
}

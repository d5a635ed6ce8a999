import type { GenericContainer } from 'testcontainers';
import type { StartedStore } from './started-store.ts';
import { waitUntil } from './wait-until.ts';

const startupTimeoutMs = 60_000;

export interface DockerPlan {
  image: string;
  configure(container: GenericContainer): GenericContainer;
  url: string;
  /** Rejects until the store serves; Docker's proxy accepts connections before there is anyone behind it. */
  probe(url: string): Promise<void>;
}

/** Starts a container with fixed ports and tells its URL once the store serves. testcontainers is loaded here, not before. */
export async function startDockerStore({ image, configure, url, probe }: DockerPlan): Promise<StartedStore> {
  const { GenericContainer, Wait } = await import('testcontainers');
  const container = await configure(new GenericContainer(image))
    .withWaitStrategy(Wait.forListeningPorts())
    .withStartupTimeout(startupTimeoutMs)
    .start();
  const stop = async () => void (await container.stop());
  const serves = async () => {
    await probe(url);
    return true;
  };
  try {
    await waitUntil(serves, { what: `${image} to serve`, timeoutMs: startupTimeoutMs, everyMs: 100 });
    return { url, origin: 'docker', stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

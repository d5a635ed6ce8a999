import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { newDataFolder } from '@keyward/tests/backends/data-folder';
import { type ServiceProcess, startServiceProcess } from '@keyward/tests/platform/service-process';
import { type BundledService, bundleService } from '../../../infra/bundle-service.ts';
import { imageEnvironment } from './image-environment.ts';

export type Service = Exclude<BundledService, 'local'>;

/** Starts services as their images do: what is measured is the bundle, with the environment that the image sets. */
export class Images implements AsyncDisposable {
  readonly #folder: string;
  readonly #bundled = new Map<Service, Promise<string>>();
  readonly #nodeOptions: (service: Service) => string;

  private constructor(folder: string, nodeOptions: (service: Service) => string) {
    this.#folder = folder;
    this.#nodeOptions = nodeOptions;
  }

  /** @param nodeOptions beside those of the image */
  static async open(nodeOptions: (service: Service) => string = () => ''): Promise<Images> {
    return new Images(await newDataFolder('bench'), nodeOptions);
  }

  async start(service: Service, environment: Record<string, string>): Promise<ServiceProcess> {
    const { NODE_OPTIONS = '', ...ofImage } = imageEnvironment(service);
    const options = { NODE_OPTIONS: `${NODE_OPTIONS} ${this.#nodeOptions(service)}` };
    const folder = await this.#bundle(service);
    return await startServiceProcess(service, { ...ofImage, ...options, ...environment }, { folder, main: 'main.mjs' });
  }

  #bundle(service: Service): Promise<string> {
    const bundled = this.#bundled.get(service) ?? bundleService(service, join(this.#folder, service));
    this.#bundled.set(service, bundled);
    return bundled;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.#folder, { recursive: true, force: true });
  }
}

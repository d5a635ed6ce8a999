import type { NewClient, Rotation } from './api.ts';
import type { ApiCalls, BodyOf, PostOptions, ReadOptions } from './api-calls.ts';
import { createResource, type Entity, type Resource } from './resource.ts';

export interface Clients extends Resource<'Client'> {
  /** All or none, up to 100. */
  createMany(clients: NewClient[], options?: PostOptions<'createClient'>): Promise<Entity<'Client'>[]>;
  /** The successors of keys with `autoRotate` that are due or were claimed. */
  rotations(id: string, options?: ReadOptions<'listRotations'>): AsyncGenerator<Rotation, void, undefined>;
  /** Makes the successor that is due; its raw key is in this answer only. */
  claimRotation(
    which: { clientId: string; rotationId: string },
    how?: BodyOf<'claimRotation'>,
    options?: PostOptions<'claimRotation'>,
  ): Promise<Entity<'Key'>>;
}

export function createClients(api: ApiCalls): Clients {
  return {
    ...createResource(api, 'Client'),
    async createMany(body, options) {
      return (await api.call('createClient', { body, options })) as Entity<'Client'>[]; // several for several
    },
    rotations: (id, options) => api.list('listRotations', { params: { id }, options }),
    claimRotation: ({ clientId, rotationId }, body = {}, options) =>
      api.call('claimRotation', { params: { id: clientId, rid: rotationId }, body, options }),
  };
}

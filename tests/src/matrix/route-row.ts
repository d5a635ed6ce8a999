import type { Route } from '@keyward/contract/routes/route';
import type { InstanceSecrets } from '@keyward/local/instance-secrets';
import type { Database } from '@keyward/stores/postgres/database';
import type { Person } from '../platform/new-person.ts';
import type { TestEnvironment } from '../platform/prepare-installation.ts';
import type { Caller } from '../platform/wire-client.ts';

/** An environment with all that a valid call may need. */
export interface Place {
  db: Database;
  /** Of the organization. */
  owner: Caller;
  organizationId: string;
  environment: TestEnvironment;
  /** Of the installation. */
  secrets: InstanceSecrets;
}

/** How a valid call is made. */
export interface Asked {
  params?: Readonly<Record<string, string>>;
  query?: Readonly<Record<string, string>>;
  body?: unknown;
  /** Everything in it that is of this place and of no other, in an order that does not depend on the place. */
  ids?: readonly string[];
}

/** One way to call a route. Each route needs one at least; the matrix of who may do what is made from them. */
export interface RouteRow {
  route: Route;
  /** Tells apart the rows of one route. */
  variant?: string;
  /** The call changes who its caller is, or what they are known by, so that the next row needs others. */
  needsOwnPeople?: true;
  /** Why what a PUT, PATCH or DELETE is about has no entity tag that `If-Match` could name. */
  untagged?: string;
  /**
   * Makes what the call is about, and says how it is made; each call of this is for one successful call. `caller` is somebody who
   * will make it, where it is about what is theirs.
   */
  prepare(place: Place, caller?: Person): Promise<Asked>;
}

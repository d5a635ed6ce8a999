import { createCaller } from '@keyward/management-client/caller';
import { runtime } from '#runtime';
import { readBaseUrl } from '../base-url.ts';
import { KeywardError } from '../keyward-error.ts';
import { variable } from '../variable.ts';
import { version } from '../version.ts';
import type { UsageRow } from './api.ts';
import { type AnswerOf, createApiCalls, type ReadOptions } from './api-calls.ts';
import { type Clients, createClients } from './clients.ts';
import { createKeys, type Keys } from './keys.ts';
import { createProducts, type Products } from './products.ts';
import { createResource, type Resource } from './resource.ts';

export interface ManagementOptions {
  /** Of the gateway or of the management API itself, with or without `/api/v1`. `KEYWARD_BASE_URL`. */
  baseUrl?: string | undefined;
  /** An account key, or a server key, which reaches its own environment. `KEYWARD_ACCOUNT_KEY`, else `KEYWARD_SERVER_KEY`. */
  credential?: string | undefined;
  /** The organization that a person acts in; needed only by those who belong to several. */
  organizationId?: string | undefined;
  /** The environment that calls are about which name no `project_env`; a server key needs none. `KEYWARD_PROJECT_ENV`. */
  projectEnv?: string | undefined;
  /** After how long nobody waits for an answer any more, ms; 10,000 unless it is said. */
  timeoutMs?: number | undefined;
  /** How often reads, and creates with an `idempotencyKey`, are tried in all; 3 unless it is said. */
  maxAttempts?: number | undefined;
}

/** What was counted, by the hour or the day. */
export interface Usage {
  list(options?: ReadOptions<'readUsage'>): AsyncGenerator<UsageRow, void, undefined>;
  page(options?: ReadOptions<'readUsage'>): Promise<AnswerOf<'readUsage'>>;
}

export interface Management {
  readonly organizations: Resource<'Organization'>;
  readonly projects: Resource<'Project'>;
  readonly products: Products;
  readonly clients: Clients;
  readonly keys: Keys;
  readonly usage: Usage;
}

/**
 * The management API. What it refuses is thrown as a `KeywardApiError`.
 * @throws {KeywardError} `CONFIG`, when an option cannot be right
 */
export function createManagement(options: ManagementOptions = {}): Management {
  const { environment } = runtime;
  const { projectEnv = variable(environment, 'PROJECT_ENV'), organizationId, timeoutMs, maxAttempts } = options;
  const baseUrl = originOf(options.baseUrl ?? variable(environment, 'BASE_URL'));
  const credential = readCredential(options.credential ?? variable(environment, 'ACCOUNT_KEY', 'SERVER_KEY'));
  const userAgent = `keyward-js/${version}`;
  const caller = createCaller({ baseUrl, credential, organizationId, userAgent, timeoutMs, maxAttempts });
  const api = createApiCalls(caller, projectEnv);
  return {
    organizations: createResource(api, 'Organization'),
    projects: createResource(api, 'Project'),
    products: createProducts(api),
    clients: createClients(api),
    keys: createKeys(api, projectEnv),
    usage: {
      list: (asked) => api.list('readUsage', { options: asked }),
      page: (asked) => api.call('readUsage', { options: asked }),
    },
  };
}

/** Where `/api/v1` begins. What is wrong is said by name and never by value. */
function originOf(baseUrl: string | undefined): string {
  const url = readBaseUrl(baseUrl ?? '');
  if (url) return url.href.slice(0, -'/api/v1'.length);
  throw new KeywardError('CONFIG', 'KEYWARD_BASE_URL (baseUrl) is missing, or no http or https URL.');
}

function readCredential(credential: string | undefined): string {
  if (credential !== undefined && /^[\x21-\x7e]+$/.test(credential)) return credential;
  const names = 'KEYWARD_ACCOUNT_KEY or KEYWARD_SERVER_KEY (credential)';
  throw new KeywardError('CONFIG', `${names} is missing, or holds characters that no key has.`);
}

import { uniqueName } from '../backends/unique-name.ts';
import { expectDone } from './expect-done.ts';
import type { TestEnvironment } from './prepare-installation.ts';
import type { Outcome } from './watched-key.ts';
import { type Answer, type Caller, call } from './wire-client.ts';

/** What a test's requests state as their caller, which the changed IP lists do not hold. */
export const callerAddress = '198.51.100.7';
const otherAddresses = ['203.0.113.0/24', '2001:db8::/32'];

/** A key of which every validator is asked while something changes that the verdict depends on. */
export interface Subject {
  environment: TestEnvironment;
  id: string;
  keyId: string;
  key: string;
  templateId: string;
  /** What the validators are asked with: the environment's first server key, or one that this subject has alone. */
  serverKey: string;
  serverKeyId?: string;
}

/** Who makes changes, at some admin-api. */
export interface ChangeCallers {
  application: Caller;
  owner: Caller;
}

export interface AnsweredChange {
  /** What a validator answers by the state before and after it. */
  old: Outcome;
  new: Outcome;
  hasOwnServerKey?: true;
  /** Makes the environment such that `old` holds, and as it was: where the change is not of the subject alone. */
  prepare?(callers: ChangeCallers): Promise<Answer>;
  make(callers: ChangeCallers, subject: Subject): Promise<Answer>;
  undo?(callers: ChangeCallers): Promise<Answer>;
}

const put = (path: string, body: object) => (callers: ChangeCallers) =>
  call(callers.application, 'PUT', path, { body });
const putKey =
  (fields: object): AnsweredChange['make'] =>
  (callers, { id, keyId }) =>
    put(`/client/${id}`, { keys: [{ id: keyId, ...fields }] })(callers);
const putClient =
  (fields: object): AnsweredChange['make'] =>
  (callers, { id }) =>
    put(`/client/${id}`, fields)(callers);

/** One of each kind that must hold for whatever is asked after the answer (design.md §3, I1). */
export const answeredChanges: Record<string, AnsweredChange> = {
  'a key revoked': {
    old: 'ALLOWED',
    new: 'REVOKED',
    make: ({ application }, { id, keyId }) => call(application, 'DELETE', `/client/${id}?keyId=${keyId}`),
  },
  'a key disabled': { old: 'ALLOWED', new: 'DISABLED', make: putKey({ enabled: false }) },
  'a client disabled': { old: 'ALLOWED', new: 'CLIENT_DISABLED', make: putClient({ status: 'disabled' }) },
  'a client deleted': {
    old: 'ALLOWED',
    new: 'REVOKED',
    make: ({ application }, { id }) => call(application, 'DELETE', `/client/${id}`),
  },
  'the IP list of a client': {
    old: 'ALLOWED',
    new: 'IP_NOT_ALLOWED',
    make: putClient({ ipWhitelist: otherAddresses }),
  },
  'the IP list of a key': { old: 'ALLOWED', new: 'IP_NOT_ALLOWED', make: putKey({ allowedIps: otherAddresses }) },
  'the limit of a template, set to 0': {
    old: 'ALLOWED',
    new: 'RATE_LIMITED',
    make: (callers, { templateId }) => put(`/template/${templateId}`, { rateLimitHour: 0 })(callers),
  },
  'settings: envelopes demanded': {
    old: 'ALLOWED',
    new: 'ENCRYPTION_REQUIRED',
    make: put('/settings', { encryption: 'required' }),
    undo: put('/settings', { encryption: 'optional' }),
  },
  'settings: envelopes no longer demanded': {
    old: 'ENCRYPTION_REQUIRED',
    new: 'ALLOWED',
    prepare: put('/settings', { encryption: 'required' }),
    make: put('/settings', { encryption: 'optional' }),
  },
  'a server key revoked': {
    old: 'ALLOWED',
    new: 'UNAUTHENTICATED',
    hasOwnServerKey: true,
    make: ({ owner }, { environment, serverKeyId }) =>
      call(owner, 'DELETE', `/server-key/${serverKeyId}?project_env=${environment.projectEnv}`),
  },
};

/** A client with one key, under a template of its own. */
export async function newSubject(
  environment: TestEnvironment,
  { owner, hasOwnServerKey }: { owner: Caller } & Pick<AnsweredChange, 'hasOwnServerKey'>,
): Promise<Subject> {
  const template = expectDone(await call(environment, 'POST', '/template', { body: { name: uniqueName('template') } }));
  const client = { name: uniqueName('client'), templateId: template.id, keys: [{ name: 'k' }] };
  const { id, keys } = expectDone(await call(environment, 'POST', '/client', { body: client }));
  const subject = { environment, id, keyId: keys[0].id, key: keys[0].key, templateId: template.id };
  if (!hasOwnServerKey) return { ...subject, serverKey: environment.serverKey };
  const path = `/server-key?project_env=${environment.projectEnv}`;
  const own = expectDone(await call(owner, 'POST', path, { body: { name: uniqueName('own') } }));
  return { ...subject, serverKey: own.key, serverKeyId: own.id };
}

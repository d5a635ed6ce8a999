import { SettingsAnswer, type SettingsChange } from '@keyward/contract/routes/settings';
import { defaultSettings, type EnvironmentSettings } from '@keyward/contract/settings';
import { type EnvironmentRow, updateSettings } from '@keyward/stores/postgres/projects';
import { templateExists } from '@keyward/stores/postgres/templates';
import type { Administration } from '../administration.ts';
import { etagOf, requireMatch } from '../changes/etag.ts';
import type { EnvironmentChangeCall } from '../changes/make-change.ts';
import { done, type Outcome } from '../changes/outcome.ts';
import { InputCheck } from '../input.ts';
import { reservedBy } from '../key-prefixes.ts';
import { changeEnvironment } from './change-environment.ts';

export function readSettings(environment: EnvironmentRow): SettingsAnswer {
  const settings = { ...defaultSettings, ...environment.settings };
  return { project_env: environment.project_env, settings, warnings: warningsOf(settings) };
}

/** Changes what the body names; from the answer on every validator decides by it. */
export async function changeSettings(
  administration: Administration,
  call: EnvironmentChangeCall,
  change: SettingsChange,
): Promise<Outcome<SettingsAnswer>> {
  const { environment } = call;
  await checkChange(administration, environment, change);
  return changeEnvironment(administration, call, async ({ transaction }, { locked, record }) => {
    const before = readSettings(locked);
    requireMatch(call.ifMatch, etagOf(SettingsAnswer, before));
    const settings = { ...locked.settings, ...asStored(change) };
    await updateSettings(transaction, environment.id, settings);
    const after = readSettings({ ...locked, settings });
    record({
      action: 'settings.change',
      subject: { kind: 'environment', id: environment.id },
      before: before.settings,
      after: after.settings,
    });
    return done(after);
  });
}

/** Refuses what the schema cannot. */
async function checkChange(
  { db, policy }: Administration,
  { id }: EnvironmentRow,
  change: SettingsChange,
): Promise<void> {
  const check = new InputCheck();
  check.ipList('/trustedProxies', change.trustedProxies);
  const reserved = change.keyPrefix === undefined ? undefined : reservedBy(change.keyPrefix, policy.keyPrefix);
  if (reserved) check.fault('/keyPrefix', `is what ${reserved} begin with`);
  const template = change.defaultTemplateId;
  if (template && !(await templateExists(db, id, template))) {
    check.fault('/defaultTemplateId', 'is not a template of this environment');
  }
  check.done();
}

/** Validators look templates up by their ids as Postgres spells them. */
function asStored(change: SettingsChange): SettingsChange {
  const template = change.defaultTemplateId;
  return template ? { ...change, defaultTemplateId: template.toLowerCase() } : change;
}

/** What an operator should know before these settings are relied upon. */
function warningsOf({ hops, refusals, failurePolicy, requestSignature }: EnvironmentSettings): string[] {
  const warnings = [];
  if (hops > 0) {
    const what = hops === 1 ? 'one proxy stands' : `${hops} proxies stand`;
    warnings.push(
      `hops is ${hops}: where an application has no proxy in front, its callers can choose their own address; set 0 there, unless its SDK sends remoteAddress. It is right if ${what} before it.`,
    );
  }
  if (refusals === 'http') {
    warnings.push(
      'refusals is "http": published apikee SDKs take such an answer for an outage and, fail-open, let the request through.',
    );
  }
  if (requestSignature === 'required') {
    warnings.push(
      'requestSignature is "required": without a public key under /request-key that verifies them, all requests are refused.',
    );
  }
  if (failurePolicy === 'open') {
    warnings.push(
      'failurePolicy is "open": while a validator cannot reach its store, for at most 60 seconds, it allows the keys that it knows without looking at limits or replays, and may not have heard of the last revocations; of keys that it does not know it sees the signature only, not whether they were revoked.',
    );
  }
  return warnings;
}

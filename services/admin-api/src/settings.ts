import type { SettingsAnswer, SettingsChange } from '@keyward/contract/routes/settings';
import { defaultSettings, type EnvironmentSettings } from '@keyward/contract/settings';
import { AppError } from '@keyward/kit/app-error';
import { type EnvironmentRow, raiseEnvironmentVersion, updateSettings } from '@keyward/stores/postgres/projects';
import type { Administration } from './administration.ts';
import { InputCheck } from './input.ts';

export function readSettings(environment: EnvironmentRow): SettingsAnswer {
  const settings = { ...defaultSettings, ...environment.settings };
  return { project_env: environment.project_env, settings, warnings: warningsOf(settings) };
}

/** Changes what the body names; from the answer on every validator decides by it. */
export async function changeSettings(
  { db, projector, clock }: Administration,
  { environment, change }: { environment: EnvironmentRow; change: SettingsChange },
): Promise<SettingsAnswer> {
  const check = new InputCheck();
  check.ipList('/trustedProxies', change.trustedProxies);
  check.done();
  const now = new Date(clock.nowMs());
  const { row, note } = await db.transaction().execute(async (transaction) => {
    const locked = await raiseEnvironmentVersion(transaction, environment.id, now);
    if (!locked) throw new AppError('NOT_FOUND', 'There is no such environment.');
    const settings = { ...locked.settings, ...change };
    await updateSettings(transaction, environment.id, settings);
    return {
      row: { ...locked, settings },
      note: await projector.note(transaction, { environmentId: environment.id, clientId: null }),
    };
  });
  const propagation = await projector.publish([note]);
  return { ...readSettings(row), ...(propagation === 'pending' ? { propagation } : {}) };
}

/** What an operator should know before an IP list is relied upon. */
function warningsOf({ hops, refusals }: EnvironmentSettings): string[] {
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
  return warnings;
}

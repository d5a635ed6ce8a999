import { Id } from '@keyward/contract/fields';
import type { LogLine, LogQuery } from '@keyward/contract/routes/log';
import { endpointOf } from '@keyward/decision/endpoint-path';
import { parseIp, printIp } from '@keyward/decision/ip-address';
import { compileValidator } from '@keyward/kit/validation';
import type { EnvironmentRow } from '@keyward/stores/postgres/projects';
import {
  type LogFilter,
  type LogPlace,
  type RequestLogRow,
  readLogs as read,
} from '@keyward/stores/postgres/request-logs';
import Type from 'typebox';
import type { Administration } from '../administration.ts';
import { InputCheck } from '../input.ts';
import { readSettings } from '../projects/settings.ts';
import { cutPart, readCursor } from './cursor.ts';
import { readPeriod } from './period.ts';
import { readInTime } from './read-in-time.ts';

const Place = compileValidator(
  Type.Object({ decidedAtMs: Type.Integer({ minimum: 0, maximum: 253_402_300_799_999 }), eventId: Id }),
);

/** A part of an environment's log, newest first; lines that come meanwhile are before it, so nothing is shown twice. */
export async function readLogs(
  { db }: Administration,
  environment: EnvironmentRow,
  { limit = 50, ...query }: LogQuery,
): Promise<{ data: LogLine[]; nextCursor: string | null }> {
  const check = new InputCheck();
  const filter = filterOf(check, environment, query);
  const after: LogPlace | undefined = readCursor(check, query.cursor, Place);
  check.done();
  const part = { environmentId: environment.id, filter, after, limit: limit + 1 };
  const rows = await readInTime(db, (transaction) => read(transaction, part));
  const { shown, nextCursor } = cutPart(rows, limit, placeOf);
  return { data: shown.map(viewLine), nextCursor };
}

function filterOf(check: InputCheck, environment: EnvironmentRow, query: LogQuery): LogFilter {
  const { clientId, keyId, endpoint, status, code, ip } = query;
  const { fromMs, toMs } = readPeriod(check, query);
  const address = ip === undefined ? undefined : parseIp(ip);
  if (ip !== undefined && address === undefined) check.fault('/ip', 'is not an IP address');
  return {
    clientId,
    keyId,
    endpoint: endpoint && endpointOf(endpoint, readSettings(environment).settings),
    isSuccess: status && status === 'success',
    verdict: code,
    ip: address && printIp(address),
    from: fromMs === undefined ? undefined : new Date(fromMs),
    to: toMs === undefined ? undefined : new Date(toMs),
  };
}

function placeOf(row: RequestLogRow): LogPlace {
  return { decidedAtMs: row.decided_at.getTime(), eventId: row.event_id };
}

function viewLine(row: RequestLogRow): LogLine {
  return {
    eventId: row.event_id,
    at: row.decided_at.toISOString(),
    clientId: row.client_id,
    keyId: row.key_id,
    code: row.verdict,
    status: row.verdict === 'ALLOWED' ? 'success' : 'error',
    endpoint: row.endpoint,
    methodPath: row.method_path,
    name: row.name,
    ip: row.ip,
    userAgent: row.user_agent,
    durationMs: row.duration_us / 1_000,
    cost: row.cost,
    degraded: row.degraded,
    tracked: row.tracked,
  };
}

import { Id } from '@keyward/contract/fields';
import type { NewKey } from '@keyward/contract/routes/client';
import { ipRuleFault } from '@keyward/decision/ip-range';
import { type InputFault, invalidInput } from '@keyward/kit/app-error';
import { parseInstant } from '@keyward/kit/parse-instant';
import { compileValidator } from '@keyward/kit/validation';
import { passwordFault } from './accounts/password-fault.ts';
import type { KeyTimes } from './clients/issue-key.ts';
import { lastMomentMs } from './last-moment.ts';

const id = compileValidator(Id);
const maxMetadataBytes = 4_096;

/** Gathers what a schema cannot say about an input, all of it, and refuses it at the end. */
export class InputCheck {
  readonly #faults: InputFault[] = [];

  fault(path: string, message: string): void {
    this.#faults.push({ path, message });
  }

  /** A point in time as wire.md §2.5 writes it; undefined and null pass through. */
  time(path: string, text: string | null | undefined): Date | null | undefined {
    if (text === undefined || text === null) return text;
    const instantMs = parseInstant(text);
    if (instantMs === undefined) this.fault(path, 'is not a moment that exists');
    return instantMs === undefined ? undefined : new Date(instantMs);
  }

  /** One that Postgres is told of. */
  keptTime(path: string, text: string | null | undefined): Date | null | undefined {
    const time = this.time(path, text);
    if (time && time.getTime() > lastMomentMs) this.fault(path, 'must not be after the year 9999');
    return time;
  }

  futureTime(path: string, text: string | null | undefined, nowMs: number): Date | null | undefined {
    const time = this.keptTime(path, text);
    if (time && time.getTime() <= nowMs) this.fault(path, 'must be in the future');
    return time;
  }

  ipList(path: string, rules: readonly string[] | undefined): void {
    for (const [i, rule] of (rules ?? []).entries()) {
      const message = ipRuleFault(rule);
      if (message) this.fault(`${path}/${i}`, message);
    }
  }

  /** Free JSON, capped. */
  metadata(path: string, metadata: Record<string, unknown> | undefined): void {
    if (metadata === undefined) return;
    const printed = JSON.stringify(metadata);
    if (Buffer.byteLength(printed) > maxMetadataBytes)
      this.fault(path, `must be at most ${maxMetadataBytes} bytes of JSON`);
  }

  /** A key that is to be made: its lists, and its times, which it answers. */
  newKey(path: string, key: NewKey, nowMs: number): KeyTimes {
    this.ipList(`${path}/allowedIps`, key.allowedIps);
    this.metadata(`${path}/metadata`, key.metadata);
    const notBefore = this.keptTime(`${path}/notBefore`, key.notBefore) ?? null;
    const expiresAt = this.futureTime(`${path}/expiresAt`, key.expiresAt, nowMs) ?? null;
    return { notBefore, expiresAt };
  }

  /** Its length is the schema's to say. */
  newPassword(path: string, password: string, email: string): void {
    const message = passwordFault(password, email);
    if (message !== undefined) this.fault(path, message);
  }

  /** Throws `INVALID_INPUT` with every fault found. */
  done(): void {
    if (this.#faults.length > 0) throw invalidInput(this.#faults);
  }
}

export function isUuid(text: string): boolean {
  return id.check(text);
}

import { VerifyBody } from '@keyward/contract/routes/verify';
import { parseIp } from '@keyward/decision/ip-address';
import { type InputFault, invalidInput } from '@keyward/kit/app-error';
import { parseInstant } from '@keyward/kit/parse-instant';
import { compileValidator } from '@keyward/kit/validation';

const verifyBody = compileValidator(VerifyBody);

/** What a verification says: of the key, and of what it is used for. */
export interface Verification {
  body: VerifyBody;
  /** undefined: nobody said when it was sent. */
  timestampMs: number | undefined;
}

/** @throws INVALID_INPUT with every fault at once. */
export function readVerification(sent: unknown, { isEnveloped }: { isEnveloped: boolean }): Verification {
  if (!verifyBody.check(sent)) throw invalidInput(verifyBody.faults(sent));
  const timestampMs = sent.timestamp === undefined ? undefined : parseInstant(sent.timestamp);
  const faults = faultsOf(sent, { timestampMs, isEnveloped });
  if (faults.length > 0) throw invalidInput(faults);
  return { body: sent, timestampMs };
}

interface Circumstances {
  timestampMs: number | undefined;
  isEnveloped: boolean;
}

function faultsOf(body: VerifyBody, { timestampMs, isEnveloped }: Circumstances): InputFault[] {
  const { ip, cost = 0, checkRateLimit, timestamp } = body;
  const faults: InputFault[] = [];
  if (timestamp !== undefined && timestampMs === undefined)
    faults.push({ path: '/timestamp', message: 'must be a moment that exists' });
  // By nothing else could an envelope that somebody kept be told from a new one, once its entry is gone.
  if (timestamp === undefined && isEnveloped)
    faults.push({ path: '/timestamp', message: 'is required in an envelope' });
  if (ip !== undefined && parseIp(ip) === undefined)
    faults.push({ path: '/ip', message: 'must be an IPv4 or IPv6 address, without a zone' });
  if (checkRateLimit === false && cost > 0)
    faults.push({ path: '/cost', message: 'must be 0 or missing when checkRateLimit is false' });
  return faults;
}

import type { EndpointRule, EnvironmentRecord, KeyRecord } from '@keyward/contract/projection';
import { defaultSettings, type EnvironmentSettings } from '@keyward/contract/settings';
import type { Verdict } from '@keyward/contract/verdict';
import { expect, test } from 'vitest';
import { decide } from '../src/decide.ts';
import { type IpAddress, parseIp } from '../src/ip-address.ts';
import type { RequestSignature } from '../src/request-signature.ts';

const nowMs = 1_800_000_000_000;
const clientId = '0190a3c4-7b1e-7c3a-9f10-0123456789ab';

interface Case {
  key?: Partial<KeyRecord>;
  environment?: Partial<EnvironmentRecord>;
  settings?: Partial<EnvironmentSettings>;
  endpoints?: EndpointRule[];
  clientId?: string;
  callerIp?: IpAddress | undefined;
  methodPath?: string | undefined;
  signature?: RequestSignature;
  requiredScopes?: string[];
  productId?: string;
}

function verdictOf({ key, environment, settings, endpoints = [], ...facts }: Case): Verdict {
  return decide({
    key: {
      version: 1,
      keyId: 'k',
      clientId,
      status: 'active',
      clientStatus: 'active',
      clientIps: [],
      keyIps: [],
      scopes: [],
      familyId: 'k',
      limits: {},
      ...key,
    },
    environment: {
      version: 1,
      environmentId: 'e',
      projectEnv: 'p',
      status: 'active',
      settings: { ...defaultSettings, ...settings },
      templates: {},
      endpoints,
      requestKeys: [],
      signingSecrets: [],
      ...environment,
    },
    clientId,
    nowMs,
    callerIp: parseIp('203.0.113.9'),
    methodPath: 'GET:/users',
    signature: undefined,
    ...facts,
  });
}

const users = (rule: Partial<EndpointRule>): EndpointRule => ({
  method: 'GET',
  path: '/users',
  enabled: true,
  ...rule,
});

/** What each rule objects to, in the order of design.md §2.4. */
const objections: { verdict: Verdict; facts: Case }[] = [
  { verdict: 'INVALID_KEY', facts: { clientId: 'another' } },
  { verdict: 'REVOKED', facts: { key: { status: 'revoked' } } },
  { verdict: 'EXPIRED', facts: { key: { expiresAtMs: nowMs } } },
  { verdict: 'NOT_YET_VALID', facts: { key: { notBeforeMs: nowMs + 1 } } },
  { verdict: 'CLIENT_DISABLED', facts: { key: { clientStatus: 'disabled' } } },
  { verdict: 'ENVIRONMENT_DISABLED', facts: { environment: { status: 'disabled' } } },
  { verdict: 'IP_NOT_ALLOWED', facts: { key: { clientIps: ['198.51.100.0/24'] } } },
  { verdict: 'SIGNATURE_REQUIRED', facts: { settings: { requestSignature: 'required' } } },
  { verdict: 'INSUFFICIENT_SCOPE', facts: { endpoints: [users({ requiredScopes: ['users:read'] })] } },
  { verdict: 'ENDPOINT_DISABLED', facts: { endpoints: [users({ enabled: false })] } },
  { verdict: 'ABNORMAL_USAGE', facts: { key: { abnormal: true } } },
];

test('a key that nothing speaks against is allowed, by its client id and by self', () => {
  expect(verdictOf({})).toBe('ALLOWED');
  expect(verdictOf({ clientId: 'self' })).toBe('ALLOWED');
});

test('of every set of objections, the first in the order of the design is the verdict', () => {
  for (let set = 1; set < 2 ** objections.length; set++) {
    const chosen = objections.filter((_, i) => set & (1 << i));
    const facts: Case = {
      ...Object.assign({}, ...chosen.map((one) => one.facts)),
      key: Object.assign({}, ...chosen.map((one) => one.facts.key)),
      endpoints: chosen.flatMap((one) => one.facts.endpoints ?? []),
    };
    expect(verdictOf(facts), chosen.map((one) => one.verdict).join(' ')).toBe(chosen[0]?.verdict);
  }
});

test.each<[KeyRecord['status'], Verdict]>([
  ['active', 'ALLOWED'],
  ['disabled', 'DISABLED'],
  ['revoked', 'REVOKED'],
  ['deleted', 'REVOKED'],
])('a key that is %s is answered %s', (status, verdict) => {
  expect(verdictOf({ key: { status } })).toBe(verdict);
});

test.each<[string, Partial<KeyRecord>, Verdict]>([
  ['its last millisecond', { expiresAtMs: nowMs + 1 }, 'ALLOWED'],
  ['the millisecond of its expiry', { expiresAtMs: nowMs }, 'EXPIRED'],
  ['long after its expiry', { expiresAtMs: 0 }, 'EXPIRED'],
  ['its first millisecond', { notBeforeMs: nowMs }, 'ALLOWED'],
  ['the millisecond before its first', { notBeforeMs: nowMs + 1 }, 'NOT_YET_VALID'],
  ['a life that ends before it begins', { notBeforeMs: nowMs + 1, expiresAtMs: nowMs }, 'EXPIRED'],
])('%s', (_, key, verdict) => {
  expect(verdictOf({ key })).toBe(verdict);
});

test('a key of another client tells nothing of its state', () => {
  for (const { facts } of objections) expect(verdictOf({ ...facts, clientId: 'another' })).toBe('INVALID_KEY');
});

test.each<[string[], string[], string | undefined, Verdict]>([
  [[], [], undefined, 'ALLOWED'],
  [['203.0.113.0/24'], [], '203.0.113.9', 'ALLOWED'],
  [[], ['203.0.113.9'], '203.0.113.9', 'ALLOWED'],
  [['203.0.113.0/24'], ['203.0.113.9'], '203.0.113.9', 'ALLOWED'],
  [['203.0.113.0/24'], ['203.0.113.9'], '203.0.113.10', 'IP_NOT_ALLOWED'],
  [['198.51.100.0/24'], ['203.0.113.9'], '203.0.113.9', 'IP_NOT_ALLOWED'],
  [['203.0.113.0/24'], [], undefined, 'IP_NOT_ALLOWED'],
])('with the client’s list %j and the key’s %j, %s is %s', (clientIps, keyIps, address, verdict) => {
  const callerIp = address === undefined ? undefined : parseIp(address);
  expect(verdictOf({ key: { clientIps, keyIps }, callerIp })).toBe(verdict);
});

const signature = (genuine: boolean, parts: Partial<RequestSignature['parts']> = {}): RequestSignature => ({
  parts: { clientId: 'self', methodPath: 'GET:/users', timestamp: '2026-11-20T12:00:00Z', ...parts },
  verifies: (text) => genuine && text === 'self|GET:/users|2026-11-20T12:00:00Z',
});
const withKeys = { requestKeys: ['a public key'] };

test.each<[string, Case, Verdict]>([
  ['none, optional', {}, 'ALLOWED'],
  ['none, optional, with keys', { environment: withKeys }, 'ALLOWED'],
  ['none, required', { settings: { requestSignature: 'required' }, environment: withKeys }, 'SIGNATURE_REQUIRED'],
  ['a false one, optional, without keys', { signature: signature(false) }, 'ALLOWED'],
  ['a false one, optional', { signature: signature(false), environment: withKeys }, 'SIGNATURE_INVALID'],
  ['a true one, optional', { signature: signature(true), environment: withKeys }, 'ALLOWED'],
])('of signatures: %s', (_, facts, verdict) => {
  expect(verdictOf(facts)).toBe(verdict);
});

test.each<[boolean, Verdict]>([
  [true, 'ALLOWED'],
  [false, 'SIGNATURE_INVALID'],
])('a required signature that is true: %s', (genuine, verdict) => {
  const settings = { requestSignature: 'required' as const };
  for (const environment of [withKeys, {}]) {
    expect(verdictOf({ settings, environment, signature: signature(genuine) })).toBe(verdict);
  }
});

test('a signature over a part that holds `|` is over two requests, and proves neither', () => {
  const always = (parts: Partial<RequestSignature['parts']>) => ({ ...signature(true, parts), verifies: () => true });
  expect(verdictOf({ environment: withKeys, signature: always({}) })).toBe('ALLOWED');
  for (const part of ['clientId', 'methodPath', 'timestamp'] as const) {
    expect(verdictOf({ environment: withKeys, signature: always({ [part]: 'a|b' }) })).toBe('SIGNATURE_INVALID');
  }
});

test('a signature is not verified before the rules that come first have passed, nor without keys', () => {
  let asked = 0;
  const verifies = () => {
    asked += 1;
    return true;
  };
  const counting = { ...signature(true), verifies };
  verdictOf({ environment: withKeys, signature: counting, key: { status: 'revoked' } });
  verdictOf({ environment: withKeys, signature: counting, key: { keyIps: ['198.51.100.1'] } });
  verdictOf({ signature: counting });
  expect(asked).toBe(0);
  verdictOf({ environment: withKeys, signature: counting });
  expect(asked).toBe(1);
});

test('an endpoint that nobody registered is allowed, or refused where the environment so decides', () => {
  const refuse = { unknownEndpoints: 'refuse' as const };
  expect(verdictOf({ endpoints: [users({})], methodPath: 'GET:/others' })).toBe('ALLOWED');
  expect(verdictOf({ settings: refuse, endpoints: [users({})], methodPath: 'GET:/others' })).toBe('ENDPOINT_DISABLED');
  expect(verdictOf({ settings: refuse, endpoints: [users({})] })).toBe('ALLOWED');
  expect(verdictOf({ settings: refuse })).toBe('ENDPOINT_DISABLED');
});

test.each<[string | undefined, string | undefined, Verdict]>([
  [undefined, undefined, 'ALLOWED'],
  [undefined, 'one', 'ALLOWED'],
  ['one', undefined, 'ALLOWED'],
  ['one', 'one', 'ALLOWED'],
  ['one', 'other', 'INVALID_KEY'],
])('a key of product %s that is used for product %s is %s', (ofKey, asked, verdict) => {
  const key = ofKey === undefined ? {} : { productId: ofKey };
  const productId = asked === undefined ? {} : { productId: asked };
  expect(verdictOf({ key, ...productId })).toBe(verdict);
});

test('a key of another product tells nothing of its state', () => {
  for (const { facts } of objections.slice(1))
    expect(verdictOf({ ...facts, key: { ...facts.key, productId: 'one' }, productId: 'other' })).toBe('INVALID_KEY');
});

test('scopes that a request demands are needed beside those of its endpoint, and come where scopes come', () => {
  const endpoints = [users({ requiredScopes: ['users:read'] })];
  const of = (scopes: string[], requiredScopes: string[], facts: Case = {}) =>
    verdictOf({ endpoints, requiredScopes, ...facts, key: { scopes, ...facts.key } });
  expect(of(['users:*', 'plan:pro'], ['plan:pro'])).toBe('ALLOWED');
  expect(of(['users:read'], ['plan:pro'])).toBe('INSUFFICIENT_SCOPE');
  expect(of(['plan:pro'], ['plan:pro'])).toBe('INSUFFICIENT_SCOPE');
  expect(of([], ['plan:pro'], { key: { abnormal: true } })).toBe('INSUFFICIENT_SCOPE');
  expect(of([], ['plan:pro'], { endpoints: [users({ enabled: false })] })).toBe('INSUFFICIENT_SCOPE');
  expect(of([], ['plan:pro'], { key: { clientIps: ['198.51.100.1'] } })).toBe('IP_NOT_ALLOWED');
});

test('a request about no endpoint is not judged by one', () => {
  const endpoints = [users({ enabled: false })];
  expect(verdictOf({ endpoints, methodPath: undefined, settings: { unknownEndpoints: 'refuse' } })).toBe('ALLOWED');
});

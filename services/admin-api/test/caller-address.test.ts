import { printIp } from '@keyward/decision/ip-address';
import { loadConfig } from '@keyward/kit/config';
import Type from 'typebox';
import { describe, expect, it } from 'vitest';
import { callerAddress } from '../src/access/caller-address.ts';
import { accountPolicy } from '../src/accounts/account-policy.ts';
import { accountVariables } from '../src/accounts/account-variables.ts';

const serviceToken = 'token-of-the-services';
const policy = (TRUSTED_PROXIES = '') =>
  accountPolicy({
    ...loadConfig(Type.Object(accountVariables), { TRUSTED_PROXIES }),
    SERVICE_TOKEN: serviceToken,
  });

interface Seen {
  socket: string;
  forwardedFor?: string;
  ofGateway?: boolean;
  trusted?: string;
}

function addressOf({ socket, forwardedFor, ofGateway, trusted }: Seen): string | undefined {
  const headers = {
    ...(forwardedFor === undefined ? {} : { 'x-forwarded-for': forwardedFor }),
    ...(ofGateway ? { 'x-keyward-service-token': serviceToken } : {}),
  };
  const address = callerAddress(policy(trusted), { headers, ip: socket });
  return address === undefined ? undefined : printIp(address);
}

describe("the caller's address", () => {
  it('is the socket’s, whatever a caller says', () => {
    expect(addressOf({ socket: '::ffff:198.51.100.1', forwardedFor: '203.0.113.9' })).toBe('198.51.100.1');
  });

  it('is what a trusted proxy says', () => {
    const seen = { socket: '10.0.0.1', forwardedFor: '203.0.113.9, 10.0.0.2', trusted: '10.0.0.0/8, 192.0.2.1' };
    expect(addressOf(seen)).toBe('203.0.113.9');
  });

  it('is who asked the gateway, and what that one says only if it is a trusted proxy', () => {
    const throughGateway = { socket: '10.9.9.9', forwardedFor: '203.0.113.9, 198.51.100.1', ofGateway: true };
    expect(addressOf(throughGateway)).toBe('198.51.100.1');
    expect(addressOf({ ...throughGateway, trusted: '198.51.100.1' })).toBe('203.0.113.9');
    expect(addressOf({ ...throughGateway, ofGateway: false })).toBe('10.9.9.9');
  });

  it('is unknown when the gateway does not say it', () => {
    expect(addressOf({ socket: '10.9.9.9', ofGateway: true })).toBeUndefined();
  });

  it('is not told by what is no address: the configuration is refused', () => {
    expect(() => policy('10.0.0.0/8,10.0.0.1/8')).toThrow('an entry of TRUSTED_PROXIES must not have host bits set');
  });
});

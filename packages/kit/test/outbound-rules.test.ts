import { outboundRules } from '@keyward/kit/outbound-rules';
import { describe, expect, it } from 'vitest';

const rules = outboundRules();

describe('a call to where a user says', () => {
  it.each([
    ...['0.0.0.0', '10.1.2.3', '100.64.0.1', '100.100.100.200', '127.0.0.1', '127.255.255.254', '168.63.129.16'],
    ...['169.254.169.254', '172.16.0.1', '172.31.255.255', '192.0.0.192', '192.0.2.1', '192.88.99.1', '192.168.1.1'],
    ...['198.18.0.1', '198.51.100.1', '203.0.113.1', '224.0.0.1', '240.0.0.1', '255.255.255.255'],
    ...['::', '::1', '::ffff:127.0.0.1', '::ffff:8.8.8.8', '::127.0.0.1', '64:ff9b::a00:1', '64:ff9b:1::1', '100::1'],
    ...[
      '2001::1',
      '2001:db8::1',
      '2002:a00:1::',
      '3fff::1',
      '5f00::1',
      'fc00::1',
      'fd00:ec2::254',
      'fe80::1',
      'ff02::1',
    ],
    ...['localhost', ''],
  ])('is not made to %s', (address) => {
    expect(rules.allows('example.com', address)).toBe(false);
  });

  it.each([
    '8.8.8.8',
    '1.1.1.1',
    '100.63.255.255',
    '100.128.0.1',
    '172.15.0.1',
    '172.32.0.1',
    '192.0.1.1',
    '223.255.255.255',
  ])('may be made to %s', (address) => expect(rules.allows('example.com', address)).toBe(true));

  it.each(['2606:4700::1', '2a00:1450::1', '2001:4860:4860::8888', '2003::1', '3ffe::1'])(
    'may be made to %s',
    (address) => expect(rules.allows('example.com', address)).toBe(true),
  );

  it.each([
    ['http://example.com/', 'https'],
    ['ftp://example.com/', 'https'],
    ['example.com', 'https'],
    ['', 'https'],
    ['https://', 'https'],
    ['https://user@example.com/', 'user name'],
    ['https://:password@example.com/', 'user name'],
    ['https://example.com/#a', 'fragment'],
    ['https://127.0.0.1/', 'address'],
    ['https://127.1/', 'address'],
    ['https://2130706433/', 'address'],
    ['https://0x7f.0.0.1/', 'address'],
    ['https://[::1]/', 'address'],
    ['https://[::ffff:10.0.0.1]:8443/', 'address'],
  ])('refuses %j for its %s', (url, reason) => expect(rules.urlFault(url)).toContain(reason));

  it.each(['https://example.com/hook?a=b', 'https://8.8.8.8:8443/', 'https://[2606:4700::1]/'])('takes %s', (url) =>
    expect(rules.urlFault(url)).toBeUndefined(),
  );

  it('goes where the operator allows it, and there only', () => {
    const excepted = outboundRules({ allowedHosts: 'Hooks.internal, [::1]', allowedRanges: '10.1.0.0/16,fd00::/8' });
    expect(excepted.urlFault('http://hooks.internal:8080/a')).toBeUndefined();
    expect(excepted.urlFault('http://hooks.internal./a')).toBeUndefined();
    expect(excepted.urlFault('http://[::1]/a')).toBeUndefined();
    expect(excepted.urlFault('http://other.internal/a')).toContain('https');
    expect(excepted.urlFault('https://10.1.2.3/a')).toBeUndefined();
    expect(excepted.urlFault('http://10.1.2.3/a')).toContain('https');
    expect(excepted.allows('hooks.internal', '127.0.0.1')).toBe(true);
    expect(excepted.allows('other.internal', '127.0.0.1')).toBe(false);
    expect(excepted.allows('other.internal', '10.1.2.3')).toBe(true);
    expect(excepted.allows('other.internal', '10.2.2.3')).toBe(false);
    expect(excepted.allows('other.internal', 'fd12::1')).toBe(true);
  });

  it.each(['10.0.0.1', 'internal/8', '10.0.0.0/99'])('knows no range %s', (allowedRanges) => {
    expect(() => outboundRules({ allowedRanges })).toThrow();
  });
});

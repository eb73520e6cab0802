import { describe, expect, it } from 'vitest';
import { RunnerError } from '../runtime/errors.ts';
import { parseNoProxyRule } from './no-proxy.ts';
import { bypassesProxy, hideProxyCredentials, parseProxy } from './proxy.ts';
import { assertVerificationOn } from './trust.ts';

describe('parseProxy', () => {
  it.each([
    [
      'http://proxy:3128',
      { endpoint: { host: 'proxy', port: 3128 }, secure: false, authorization: undefined },
    ],
    [
      'https://proxy.example',
      { endpoint: { host: 'proxy.example', port: 443 }, secure: true, authorization: undefined },
    ],
    [
      'http://[2001:db8::1]:8080/',
      { endpoint: { host: '2001:db8::1', port: 8080 }, secure: false, authorization: undefined },
    ],
    [
      'http://CORP\\jane:p%40ss@proxy.example.com:3128',
      {
        endpoint: { host: 'proxy.example.com', port: 3128 },
        secure: false,
        authorization: `Basic ${Buffer.from('CORP\\jane:p@ss').toString('base64')}`,
      },
    ],
    [
      'http://user:pa#s/s?@@proxy',
      {
        endpoint: { host: 'proxy', port: 80 },
        secure: false,
        authorization: `Basic ${Buffer.from('user:pa#s/s?@').toString('base64')}`,
      },
    ],
    [
      'http://u:p%40%3A@proxy',
      {
        endpoint: { host: 'proxy', port: 80 },
        secure: false,
        authorization: `Basic ${Buffer.from('u:p@:').toString('base64')}`,
      },
    ],
  ])('parses %s', (text, proxy) => {
    expect(parseProxy(text)).toEqual(proxy);
  });

  it.each([
    '',
    'proxy:3128',
    'socks5://proxy',
    'http://',
    'http://proxy/path',
    'http://proxy?x',
    'ftp://user:hunter22@proxy',
    'http://u:%zz@proxy',
  ])('rejects %s without repeating it', (text) => {
    try {
      parseProxy(text);
      expect.fail('it was accepted');
    } catch (thrown) {
      expect((thrown as RunnerError).code).toBe('INPUT_INVALID');
      expect((thrown as RunnerError).message).not.toContain('hunter22');
    }
  });
});

describe('hideProxyCredentials', () => {
  it.each([
    ['http://CORP\\jane:hunter22@proxy:3128', 'http://hidden:hidden@proxy:3128'],
    ['http://user:hunter22#x@proxy', 'http://hidden:hidden@proxy'],
    ['user:hunter22@proxy', 'hidden:hidden@proxy'],
    ['http://proxy:3128', 'http://proxy:3128'],
  ])('hides user name and password in %s', (text, shown) => {
    expect(hideProxyCredentials(text)).toBe(shown);
  });
});

describe('parseNoProxyRule', () => {
  it.each([
    ['10.*', '10.1.2.3'],
    ['192.168.*.*', '192.168.7.8'],
    ['https://a.corp', 'a.corp'],
    ['http://a.corp:443/', 'a.corp'],
    ['*.corp', 'a.corp'],
    ['.corp', 'a.corp'],
    ['A.Corp.', 'a.corp'],
    ['[::1]:443', '::1'],
    ['fd00::/8', 'fd12::1'],
    ['*', 'anything'],
    [' localhost ', 'localhost'],
  ])('%s covers %s', (entry, host) => {
    expect(bypassesProxy([parseNoProxyRule(entry)], { host, port: 443 })).toBe(true);
  });

  it.each([
    '10.0.0.0/99',
    '10.1',
    '10.0.0.0/8/8',
    'a*.corp',
    'a.corp/path',
    'a.corp:0',
    'a.corp:99999',
    '*.*',
    '.',
    '',
    'a corp',
    '[::1',
    '10.*.1',
    '300.*',
    '<local>',
  ])('rejects %j and names it', (entry) => {
    expect(() => parseNoProxyRule(entry)).toThrow(
      expect.objectContaining({
        code: 'INPUT_INVALID',
        message: expect.stringContaining(JSON.stringify(entry)) as unknown,
      }),
    );
  });
});

describe('bypassesProxy', () => {
  it.each([
    ['*', 'anything', 1, true],
    ['example.com', 'example.com', 443, true],
    ['example.com', 'a.example.com', 443, true],
    ['example.com', 'notexample.com', 443, false],
    ['.example.com', 'a.b.example.com', 443, true],
    ['*.example.com', 'a.example.com', 443, true],
    ['EXAMPLE.com', 'example.com', 443, true],
    ['example.com:8443', 'example.com', 8443, true],
    ['example.com:8443', 'example.com', 443, false],
    ['10.0.0.0/8', '10.1.2.3', 443, true],
    ['10.0.0.0/8', '11.1.2.3', 443, false],
    ['10.0.0.0/8', 'ten.example', 443, false],
    ['10.0.0.0/99', '10.1.2.3', 443, false],
    ['fd00::/8', 'fd12::1', 443, true],
    ['127.0.0.1', '127.0.0.1', 443, true],
    ['0.0.1', '127.0.0.1', 443, false],
    ['::1', '::1', 443, true],
    ['[::1]:443', '::1', 443, true],
    ['', 'example.com', 443, false],
    ['.', 'example.com', 443, false],
  ])('matches rule %s with %s:%i: %s', (rule, host, port, expected) => {
    expect(bypassesProxy([rule], { host, port })).toBe(expected);
  });
});

describe('assertVerificationOn', () => {
  it('rejects an environment that disables certificate verification', () => {
    expect(() => assertVerificationOn({ NODE_TLS_REJECT_UNAUTHORIZED: '0' })).toThrow(RunnerError);
    expect(() => assertVerificationOn({ NODE_TLS_REJECT_UNAUTHORIZED: '1' })).not.toThrow();
    expect(() => assertVerificationOn({})).not.toThrow();
  });
});

import { rm } from 'node:fs/promises';
import { afterAll, describe, expect, it } from 'vitest';
import { directory, load, problems } from '../../test/support/config-loading.ts';
import type { SyslogSettings } from './syslog-settings.ts';

function syslogOf(syslog: Readonly<Record<string, string>>): SyslogSettings | undefined {
  return load({ file: JSON.stringify({ audit: { syslog } }) }).config.audit.syslog;
}

afterAll(() => rm(directory, { recursive: true }));

describe('the syslog server of the audit trail', () => {
  it('is none by default', () => {
    expect(syslogOf({})).toBeUndefined();
    expect(syslogOf({ facility: 'local0' })).toBeUndefined();
  });

  it.each([
    ['tls://SIEM.example.com:1234', { host: 'siem.example.com', port: 1234 }],
    ['tls://siem.example.com', { host: 'siem.example.com', port: 6514 }],
    ['tls://siem.example.com/', { host: 'siem.example.com', port: 6514 }],
    ['tls://192.0.2.7:6514', { host: '192.0.2.7', port: 6514 }],
    ['tls://[2001:db8::1]', { host: '2001:db8::1', port: 6514 }],
  ])('can be %s', (url, server) => {
    expect(syslogOf({ url })).toMatchObject({ server, client: undefined, facility: 'audit' });
  });

  it.each([
    'tcp://127.0.0.1:514',
    'udp://siem.example.com',
    'siem.example.com:6514',
    'tls://',
    'tls://user:password@siem.example.com',
    'tls://siem.example.com/path',
    'tls://siem.example.com?a=b',
    'tls://siem.example.com:0',
    'tls://siem.example.com:99999',
  ])('cannot be %s', (url) => {
    expect(problems({ file: JSON.stringify({ audit: { syslog: { url } } }) })).toHaveLength(1);
  });

  it('has a client certificate with its key, or neither', () => {
    const url = 'tls://siem.example.com';
    const [certFile, keyFile] = ['/c.pem', '/k.pem'];
    expect(syslogOf({ url, certFile, keyFile })?.client).toEqual({ certFile, keyFile });
    for (const half of [{ certFile }, { keyFile }])
      expect(problems({ file: JSON.stringify({ audit: { syslog: { url, ...half } } }) })).toEqual([
        'audit.syslog: has only one of certFile and keyFile; set both, or neither',
      ]);
  });

  it('has a facility that exists', () => {
    expect(syslogOf({ url: 'tls://a', facility: 'local7' })?.facility).toBe('local7');
    expect(problems({ env: { HYBRID_RUNNER_AUDIT_SYSLOG_FACILITY: 'security' } })).toHaveLength(1);
  });
});

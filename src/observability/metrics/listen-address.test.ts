import { describe, expect, it } from 'vitest';
import { formatListenAddress, isLocal, parseListenAddress } from './listen-address.ts';

describe('an address to listen on', () => {
  it.each([
    ['127.0.0.1:9464', '127.0.0.1:9464', true],
    ['127.8.0.1:1', '127.8.0.1:1', true],
    ['localhost:9464', '127.0.0.1:9464', true],
    ['[::1]:9464', '[::1]:9464', true],
    ['/run/hybrid-runner/metrics.sock', '/run/hybrid-runner/metrics.sock', true],
    ['0.0.0.0:9464', '0.0.0.0:9464', false],
    ['[::]:9464', '[::]:9464', false],
    ['[::ffff:127.0.0.1]:9464', '[::ffff:127.0.0.1]:9464', false],
    ['10.0.0.5:9464', '10.0.0.5:9464', false],
  ])('reads %s', (text, formatted, local) => {
    const address = parseListenAddress(text);
    expect([formatListenAddress(address), isLocal(address)]).toEqual([formatted, local]);
  });

  it.each([
    '9464',
    ':9464',
    '127.0.0.1',
    '127.0.0.1:0',
    '127.0.0.1:65536',
    '127.0.0.1:94x',
    '127.1:9464',
    '127.0.0.1.example.com:9464',
    'metrics.example.com:9464',
    '[127.0.0.1]:9464',
    '::1:9464',
    'metrics.sock',
    'http://127.0.0.1:9464',
    '',
  ])('rejects %j', (text) => {
    expect(() => parseListenAddress(text)).toThrow(
      expect.objectContaining({ code: 'INPUT_INVALID' }) as Error,
    );
  });
});

import { describe, expect, it } from 'vitest';
import { addressesOf, authority } from '../src/server/addresses.ts';

const machine = { hostname: 'plane.corp', addresses: ['10.1.2.3', 'fd00::5'] };

describe('addressesOf', () => {
  it.each([
    ['10.1.2.3', '10.1.2.3', ['10.1.2.3', 'localhost', '127.0.0.1', '::1']],
    ['127.0.0.1', '127.0.0.1', ['127.0.0.1', 'localhost', '::1']],
    ['[fd00::5]', 'fd00::5', ['fd00::5', 'localhost', '127.0.0.1', '::1']],
    [
      '0.0.0.0',
      'plane.corp',
      ['plane.corp', '10.1.2.3', 'fd00::5', 'localhost', '127.0.0.1', '::1'],
    ],
    ['::', 'plane.corp', ['plane.corp', '10.1.2.3', 'fd00::5', 'localhost', '127.0.0.1', '::1']],
  ])('resolves the listen address %s', (host, advertised, names) => {
    expect(addressesOf(host, machine)).toEqual({ advertised, names });
  });

  it('formats an authority as in a URL', () => {
    expect([authority('plane.corp', 443), authority('fd00::5', 443)]).toEqual([
      'plane.corp:443',
      '[fd00::5]:443',
    ]);
  });
});

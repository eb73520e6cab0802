import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { runs } from '../../test/support/property-runs.ts';
import { classifyAddress } from './address.ts';

describe('an address', () => {
  it.each([
    ['8.8.8.8', 'public'],
    ['172.15.255.255', 'public'],
    ['172.32.0.0', 'public'],
    ['11.0.0.0', 'public'],
    ['100.63.255.255', 'public'],
    ['192.167.0.1', 'public'],
    ['10.0.0.0', 'private'],
    ['10.255.255.255', 'private'],
    ['172.16.0.1', 'private'],
    ['172.31.255.255', 'private'],
    ['192.168.1.1', 'private'],
    ['127.0.0.1', 'private'],
    ['127.255.255.254', 'private'],
    ['100.64.0.1', 'private'],
    ['169.254.169.254', 'forbidden'],
    ['169.254.0.0', 'forbidden'],
    ['0.0.0.0', 'forbidden'],
    ['0.1.2.3', 'forbidden'],
    ['224.0.0.1', 'forbidden'],
    ['255.255.255.255', 'forbidden'],
    ['240.0.0.1', 'forbidden'],
    ['100.100.100.200', 'forbidden'],
    ['168.63.129.16', 'forbidden'],
    ['2606:4700::1111', 'public'],
    ['2a00:1450:4001::8a', 'public'],
    ['::1', 'private'],
    ['fd12:3456::1', 'private'],
    ['fc00::', 'private'],
    ['::', 'forbidden'],
    ['fe80::1', 'forbidden'],
    ['fe80::1%eth0', 'forbidden'],
    ['febf::1', 'forbidden'],
    ['ff02::1', 'forbidden'],
    ['fec0::1', 'forbidden'],
    ['fd00:ec2::254', 'forbidden'],
    ['fd00:0ec2:0000::0254', 'forbidden'],
    ['2001:db8::1', 'forbidden'],
    ['2001::1', 'forbidden'],
    ['100::1', 'forbidden'],
    ['::ffff:8.8.8.8', 'public'],
    ['::ffff:10.0.0.1', 'private'],
    ['::ffff:7f00:1', 'private'],
    ['::FFFF:169.254.169.254', 'forbidden'],
    ['0:0:0:0:0:ffff:a9fe:a9fe', 'forbidden'],
    ['64:ff9b::8.8.8.8', 'public'],
    ['64:ff9b::10.0.0.1', 'private'],
    ['64:ff9b::a9fe:a9fe', 'forbidden'],
    ['64:ff9b:1::1', 'forbidden'],
    ['2002:0a00:0001::', 'private'],
    ['2002:a9fe:a9fe::1', 'forbidden'],
    ['::127.0.0.1', 'forbidden'],
    ['::10.0.0.1', 'forbidden'],
    ['::ffff:10.0.0.1%eth0', 'private'],
    ['localhost', 'forbidden'],
    ['', 'forbidden'],
    ['2130706433', 'forbidden'],
    ['0x7f.1', 'forbidden'],
    ['127.1', 'forbidden'],
    ['10.0.0.1 ', 'forbidden'],
  ])('%s is %s', (address, expected) => {
    expect(classifyAddress(address)).toBe(expected);
  });

  it('has the same class inside IPv6, in every spelling', () => {
    fc.assert(
      fc.property(fc.ipV4(), (v4) => {
        const [a, b, c, d] = v4.split('.').map(Number) as [number, number, number, number];
        const hex = `${(a * 256 + b).toString(16)}:${(c * 256 + d).toString(16)}`;
        for (const spelling of [
          `::ffff:${v4}`,
          `::ffff:${hex}`,
          `0:0:0:0:0:FFFF:${hex}`,
          `64:ff9b::${hex}`,
        ])
          expect(classifyAddress(spelling)).toBe(classifyAddress(v4));
      }),
      { numRuns: runs(100) },
    );
  });

  it('has a class for any text', () => {
    fc.assert(
      fc.property(fc.oneof(fc.ipV6(), fc.string()), (text) =>
        ['public', 'private', 'forbidden'].includes(classifyAddress(text)),
      ),
      { numRuns: runs(100) },
    );
  });
});

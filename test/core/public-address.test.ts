import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isPublicAddress } from '../../core/public-address.ts';

const v4Of = (n: number): string => [24, 16, 8, 0].map((shift) => (n >>> shift) & 255).join('.');

describe('a public address', () => {
  it.each([
    '8.8.8.8',
    '52.94.236.248',
    '100.63.255.255',
    '100.128.0.0',
    '172.32.0.1',
    '2606:4700::1111',
    '2a05:d018::1',
  ])('%s is one', (address) => expect(isPublicAddress(address)).toBe(true));

  it.each([
    ['loopback', '127.0.0.1', '127.255.255.254', '::1'],
    ['this host', '0.0.0.0', '0.1.2.3', '::'],
    ['private', '10.0.0.1', '172.16.0.1', '172.31.255.255', '192.168.1.1'],
    ['link-local, where the metadata of instances and tasks lies', '169.254.169.254', '169.254.170.2', 'fe80::1'],
    ['unique local, where it lies by IPv6', 'fd00:ec2::254', 'fc00::1'],
    ['carrier-grade NAT', '100.64.0.1', '100.127.255.255'],
    ['IPv4 inside of IPv6', '::ffff:127.0.0.1', '::ffff:8.8.8.8', '::ffff:a9fe:a9fe', '::127.0.0.1'],
    ['IPv4 by translation or tunnel', '64:ff9b::a9fe:a9fe', '2002:a9fe:a9fe::1', '2001:0:a9fe:a9fe::1'],
    ['multicast, broadcast, reserved', '224.0.0.1', '255.255.255.255', '240.0.0.1', 'ff02::1', '4000::1'],
    ['documentation and benchmarks', '192.0.2.1', '198.51.100.1', '203.0.113.1', '198.18.0.1', '2001:db8::1'],
    ['with a zone', 'fe80::1%eth0', '2606:4700::1111%eth0'],
    ['no address', '', 'localhost', '8.8.8', '0x7f.1', '1.1.1.1 ', '[::1]'],
  ])('is none: %s', (_what, ...addresses) => {
    expect(addresses.filter(isPublicAddress)).toEqual([]);
  });

  it('is none in whatever way IPv6 holds an IPv4 address that is none', () => {
    const inner = fc
      .constantFrom(0x0a000000, 0x7f000000, 0xa9fe0000, 0xc0a80000)
      .chain((net) => fc.nat(0xffff).map((host) => (net | host) >>> 0));
    fc.assert(
      fc.property(inner, (n) => {
        const hex = `${(n >>> 16).toString(16)}:${(n & 0xffff).toString(16)}`;
        const forms = [v4Of(n), `::ffff:${v4Of(n)}`, `::ffff:${hex}`, `::${hex}`, `64:ff9b::${hex}`, `2002:${hex}::`];
        expect(forms.filter(isPublicAddress)).toEqual([]);
      }),
    );
  });
});

/** Which addresses of the internet are anybody's to be reached at: what a webhook may be sent to. */

import { BlockList, isIP } from 'node:net';

/** Not for the public, by IANA's registry of special addresses (RFC 6890) with multicast and what is reserved. */
const specialV4 = [
  '0.0.0.0/8',
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.0.0.0/24',
  '192.0.2.0/24',
  '192.88.99.0/24',
  '192.168.0.0/16',
  '198.18.0.0/15',
  '198.51.100.0/24',
  '203.0.113.0/24',
  '224.0.0.0/4',
  '240.0.0.0/4',
];

/** All that is given out so far. Loopback, link-local, ULA, multicast, and IPv4 written as IPv6 lie outside. */
const globalV6 = ['2000::/3'];

/** Inside of it, but not for the public: protocols' own (Teredo too), documentation, and 6to4, which holds an IPv4 address. */
const specialV6 = ['2001::/23', '2001:db8::/32', '2002::/16', '3fff::/20'];

function listOf(family: 'ipv4' | 'ipv6', subnets: readonly string[]): BlockList {
  const list = new BlockList();
  for (const subnet of subnets) {
    const [net = '', bits] = subnet.split('/');
    list.addSubnet(net, Number(bits), family);
  }
  return list;
}

const [notPublicV4, publicV6, notPublicV6] = [
  listOf('ipv4', specialV4),
  listOf('ipv6', globalV6),
  listOf('ipv6', specialV6),
];

/** Whether an address, as text, is a public one. False for what is no address, or has a zone. */
export function isPublicAddress(address: string): boolean {
  if (isIP(address) === 4) return !notPublicV4.check(address, 'ipv4');
  if (isIP(address) !== 6 || address.includes('%')) return false;
  return publicV6.check(address, 'ipv6') && !notPublicV6.check(address, 'ipv6');
}

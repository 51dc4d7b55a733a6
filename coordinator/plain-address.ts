import { isIPv6 } from 'node:net';

/** An IP address in the one form in which it can be compared: IPv6 may be written in many, and may stand for IPv4. Anything else stays as it is. */
export function plainAddress(address: string): string {
  const bare = address.startsWith('[') && address.endsWith(']') ? address.slice(1, -1) : address;
  // one with a zone is of one link only
  if (!isIPv6(bare) || bare.includes('%')) return bare;
  const plain = new URL(`http://[${bare}]`).hostname.slice(1, -1);
  const mapped = /^::ffff:([0-9a-f]{1,4}):([0-9a-f]{1,4})$/u.exec(plain);
  if (mapped === null) return plain;
  const [, high = '', low = ''] = mapped;
  return [high, low].flatMap((half) => [Number.parseInt(half, 16) >> 8, Number.parseInt(half, 16) & 255]).join('.');
}

import { isIP } from 'node:net';

/**
 * `public`: on the internet. `private`: the company's network or this machine. `forbidden`:
 * link-local, cloud metadata, multicast, unspecified, reserved, and every address that cannot be
 * classified; connections to it are always denied.
 */
export type AddressClass = 'public' | 'private' | 'forbidden';

/**
 * Classifies an IP address in text form. IPv4 inside IPv6 (mapped, NAT64, 6to4) has the class of
 * the IPv4 address.
 */
export function classifyAddress(text: string): AddressClass {
  const address = text.replace(/%.*$/, '');
  const family = isIP(address);
  if (family === 4) return classifyV4(toNumber(address));
  if (family === 6) return classifyV6(toWords(address));
  return 'forbidden';
}

type Block = readonly [address: string, bits: number];

/** First the metadata services of clouds that are outside the link-local block. */
const FORBIDDEN_V4: readonly Block[] = [
  ['100.100.100.200', 32],
  ['168.63.129.16', 32],
  ['192.0.0.192', 32],
  ['0.0.0.0', 8],
  ['169.254.0.0', 16],
  ['192.0.2.0', 24],
  ['192.88.99.0', 24],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 3],
];
const PRIVATE_V4: readonly Block[] = [
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
];

function classifyV4(address: number): AddressClass {
  if (FORBIDDEN_V4.some((block) => contains(block, address))) return 'forbidden';
  return PRIVATE_V4.some((block) => contains(block, address)) ? 'private' : 'public';
}

function contains([base, bits]: Block, address: number): boolean {
  const size = 2 ** (32 - bits);
  return Math.floor(toNumber(base) / size) === Math.floor(address / size);
}

function toNumber(address: string): number {
  return address.split('.').reduce((sum, part) => sum * 256 + Number(part), 0);
}

const EC2_METADATA = 'fd00:ec2:0:0:0:0:0:254';

function classifyV6(words: readonly number[]): AddressClass {
  const [first = 0, second = 0] = words;
  const low = words[6]! * 65_536 + words[7]!;
  const zeroUpTo = (count: number): boolean => words.slice(0, count).every((word) => word === 0);
  if (zeroUpTo(7) && words[7] === 1) return 'private';
  if (zeroUpTo(5) && words[5] === 0xffff) return classifyV4(low);
  if (first === 0x64 && second === 0xff9b && words.slice(2, 6).every((word) => word === 0))
    return classifyV4(low);
  if (first === 0x2002) return classifyV4(second * 65_536 + words[2]!);
  if (words.map((word) => word.toString(16)).join(':') === EC2_METADATA) return 'forbidden';
  if ((first & 0xfe00) === 0xfc00) return 'private';
  if ((first & 0xe000) !== 0x2000) return 'forbidden';
  return isSpecialGlobal(first, second) ? 'forbidden' : 'public';
}

/** Teredo, benchmarking and ORCHID below 2001::/23; documentation. */
function isSpecialGlobal(first: number, second: number): boolean {
  return (
    (first === 0x2001 && (second < 0x200 || second === 0xdb8)) ||
    (first === 0x3fff && second < 0x1000)
  );
}

function toWords(address: string): number[] {
  const dotted = /^(?<head>.*:)(?<v4>[\d.]+)$/.exec(address);
  const v4 =
    dotted?.groups?.['v4']?.includes('.') === true ? toNumber(dotted.groups['v4']) : undefined;
  const text =
    v4 === undefined
      ? address
      : `${dotted!.groups!['head']}${Math.floor(v4 / 65_536).toString(16)}:${(v4 % 65_536).toString(16)}`;
  const [head = '', tail] = text.split('::');
  const parse = (part: string): number[] =>
    part === '' ? [] : part.split(':').map((word) => Number.parseInt(word, 16));
  const start = parse(head);
  const end = tail === undefined ? [] : parse(tail);
  return [...start, ...Array.from({ length: 8 - start.length - end.length }, () => 0), ...end];
}

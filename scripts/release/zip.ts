import { crc32, deflateRawSync } from 'node:zlib';
import { contentOf, type Entry } from './entries.ts';

/*
 * Writes ZIP archives of files: the same bytes for the same entries. Links are not supported, and
 * directories need no entries.
 */

interface Member {
  readonly common: Buffer;
  readonly name: Buffer;
  readonly data: Buffer;
  readonly mode: number;
}

const UTF8_NAMES = 1 << 11;
const DEFLATE = 8;
/** 2.0, for deflate. */
const VERSION = 20;
/** Made on Unix, so that modes are kept. */
const MADE_BY_UNIX = (3 << 8) | VERSION;
const REGULAR_FILE = 0o100000;

export function zip(entries: readonly Entry[], epoch: number): Buffer {
  const members = entries
    .toSorted((one, other) => (one.path < other.path ? -1 : 1))
    .map((entry) => memberOf(entry, epoch));
  const [parts, directory]: [Buffer[], Buffer[]] = [[], []];
  let offset = 0;
  for (const member of members) {
    const local = Buffer.concat([localHeader(member), member.data]);
    directory.push(centralHeader(member, offset));
    parts.push(local);
    offset += local.length;
  }
  const central = Buffer.concat(directory);
  return Buffer.concat([...parts, central, end(members.length, central.length, offset)]);
}

/** The fields that both headers of a member have in common. */
function memberOf(entry: Entry, epoch: number): Member {
  if (entry.kind === 'link' || entry.kind === 'directory')
    throw new Error(`${entry.path} cannot be stored in a ZIP archive`);
  const content = contentOf(entry);
  const data = deflateRawSync(content, { level: 9 });
  const name = Buffer.from(entry.path);
  const common = Buffer.alloc(26);
  common.writeUInt16LE(VERSION, 0);
  common.writeUInt16LE(UTF8_NAMES, 2);
  common.writeUInt16LE(DEFLATE, 4);
  common.writeUInt32LE(dosTime(epoch), 6);
  common.writeUInt32LE(crc32(content), 10);
  common.writeUInt32LE(data.length, 14);
  common.writeUInt32LE(content.length, 18);
  common.writeUInt16LE(name.length, 22);
  return { common, name, data, mode: entry.mode };
}

function localHeader({ common, name }: Member): Buffer {
  return Buffer.concat([Buffer.from('PK\x03\x04', 'latin1'), common, name]);
}

function centralHeader({ common, name, mode }: Member, offset: number): Buffer {
  const start = Buffer.alloc(6);
  start.write('PK\x01\x02', 'latin1');
  start.writeUInt16LE(MADE_BY_UNIX, 4);
  const rest = Buffer.alloc(14);
  rest.writeUInt32LE(((REGULAR_FILE | mode) << 16) >>> 0, 6);
  rest.writeUInt32LE(offset, 10);
  return Buffer.concat([start, common, rest, name]);
}

function end(count: number, size: number, offset: number): Buffer {
  const record = Buffer.alloc(22);
  record.write('PK\x05\x06', 'latin1');
  record.writeUInt16LE(count, 8);
  record.writeUInt16LE(count, 10);
  record.writeUInt32LE(size, 12);
  record.writeUInt32LE(offset, 16);
  return record;
}

/** Date and time as MS-DOS stores them, in UTC. */
function dosTime(epoch: number): number {
  const at = new Date(epoch * 1000);
  const date =
    ((at.getUTCFullYear() - 1980) << 9) | ((at.getUTCMonth() + 1) << 5) | at.getUTCDate();
  const time = (at.getUTCHours() << 11) | (at.getUTCMinutes() << 5) | (at.getUTCSeconds() >> 1);
  return ((date << 16) | time) >>> 0;
}

import { contentOf, withDirectories, type Entry } from './entries.ts';

/*
 * Writes ustar archives: the same bytes for the same entries, with owners and modes that the
 * builder need not have. Enough for releases; names over 255 bytes, links to names over 100 bytes
 * and files over 8 GiB are rejected.
 */

const BLOCK = 512;
const TYPES = { file: '0', copy: '0', link: '2', directory: '5' } as const;

export function tar(entries: readonly Entry[], epoch: number): Buffer {
  const blocks = withDirectories(entries).flatMap((entry) => {
    const content = contentOf(entry);
    return [header(entry, content.length, epoch), content, padding(content.length)];
  });
  return Buffer.concat([...blocks, Buffer.alloc(2 * BLOCK)]);
}

/** Where a link leads; empty for everything else. */
function targetOf(entry: Entry): string {
  if (entry.kind !== 'link') return '';
  if (Buffer.byteLength(entry.target) > 100)
    throw new Error(`the target of the link ${entry.path} is too long for an archive`);
  return entry.target;
}

function padding(size: number): Buffer {
  return Buffer.alloc((BLOCK - (size % BLOCK)) % BLOCK);
}

function header(entry: Entry, size: number, epoch: number): Buffer {
  const block = Buffer.alloc(BLOCK);
  const { name, prefix } = splitName(entry.kind === 'directory' ? `${entry.path}/` : entry.path);
  block.write(name, 0);
  block.write(octal(entry.mode, 8), 100);
  block.write(octal(entry.owner ?? 0, 8), 108);
  block.write(octal(entry.group ?? 0, 8), 116);
  block.write(octal(size, 12), 124);
  block.write(octal(epoch, 12), 136);
  block.write(TYPES[entry.kind], 156);
  block.write(targetOf(entry), 157);
  block.write('ustar', 257);
  block.write('00', 263);
  block.write(prefix, 345);
  block.fill(' ', 148, 156);
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  return block;
}

function octal(value: number, width: number): string {
  return `${value.toString(8).padStart(width - 1, '0')}\0`;
}

/** A name of up to 100 bytes, below a prefix of up to 155. */
function splitName(path: string): { name: string; prefix: string } {
  if (Buffer.byteLength(path) <= 100) return { name: path, prefix: '' };
  const cut = path.indexOf('/', path.length - 101);
  const [prefix, name] = [path.slice(0, cut), path.slice(cut + 1)];
  if (cut < 0 || name === '' || prefix.length > 155)
    throw new Error(`the name ${path} is too long for an archive`);
  return { name, prefix };
}

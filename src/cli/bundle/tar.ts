import { RunnerError } from '../../../foundation/src/runtime/errors.ts';

export interface TarFile {
  readonly name: string;
  readonly content: Buffer;
}

const BLOCK = 512;
const MAX_NAME = 100;

/** A ustar archive of small files that only their owner may read. */
export function tar(files: readonly TarFile[], now: number): Buffer {
  const blocks = files.flatMap(({ name, content }) => [
    header(name, content.length, Math.floor(now / 1000)),
    content,
    Buffer.alloc((BLOCK - (content.length % BLOCK)) % BLOCK),
  ]);
  return Buffer.concat([...blocks, Buffer.alloc(2 * BLOCK)]);
}

function header(name: string, size: number, time: number): Buffer {
  if (Buffer.byteLength(name) > MAX_NAME)
    throw new RunnerError('INTERNAL', `archive entry name exceeds ${MAX_NAME} bytes`);
  const block = Buffer.alloc(BLOCK);
  block.write(name, 0);
  for (const [value, width, offset] of [
    [0o600, 8, 100],
    [0, 8, 108],
    [0, 8, 116],
    [size, 12, 124],
    [time, 12, 136],
  ] as const)
    block.write(`${value.toString(8).padStart(width - 1, '0')}\0`, offset);
  block.write('0', 156);
  block.write('ustar\u000000', 257);
  block.fill(' ', 148, 156);
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  return block;
}

const PT_LOAD = 1;

/**
 * A program for Linux without its table of symbols, which is an eighth of Node.js: only what a
 * program header loads is kept, and the list of sections, which only linkers and debuggers read, is
 * gone. For 64-bit little-endian ELF files of any processor.
 */
export function strip(program: Buffer): Buffer {
  if (program.toString('latin1', 0, 6) !== '\x7fELF\x02\x01')
    throw new Error('this is not a 64-bit little-endian ELF file');
  const [table, entrySize, count] = [
    Number(program.readBigUInt64LE(32)),
    program.readUInt16LE(54),
    program.readUInt16LE(56),
  ];
  const ends = Array.from({ length: count }, (_, index) => table + index * entrySize)
    .filter((at) => program.readUInt32LE(at) === PT_LOAD)
    .map((at) => Number(program.readBigUInt64LE(at + 8) + program.readBigUInt64LE(at + 32)));
  const kept = Buffer.from(program.subarray(0, Math.max(...ends)));
  // Offset, number and name index of the list of sections.
  kept.writeBigUInt64LE(0n, 40);
  kept.writeUInt16LE(0, 60);
  kept.writeUInt16LE(0, 62);
  return kept;
}

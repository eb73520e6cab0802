/** Batches and records as a runner sends them. */
import { createHash } from 'node:crypto';
import { crc32, zstdCompressSync } from 'node:zlib';
import type { Ref } from './fake-runner.ts';

export interface BatchOptions {
  readonly codec?: 'CODEC_NONE' | 'CODEC_ZSTD';
  readonly last?: boolean;
  readonly corrupt?: boolean;
  readonly rawBytes?: number;
}

export function batch(
  ref: Ref,
  firstSequence: number,
  lines: readonly string[],
  options: BatchOptions = {},
): object {
  const raw = Buffer.from(lines.map((line) => `${line}\n`).join(''));
  const codec = options.codec ?? 'CODEC_ZSTD';
  const payload = codec === 'CODEC_ZSTD' ? zstdCompressSync(raw) : raw;
  return {
    ref,
    firstSequence,
    count: lines.length,
    codec,
    crc32: (crc32(payload) ^ (options.corrupt === true ? 1 : 0)) >>> 0,
    rawBytes: options.rawBytes ?? raw.length,
    payload,
    last: options.last ?? false,
  };
}

export function tableLine(name: string, service = 'sandbox'): string {
  return JSON.stringify({
    kind: 'entity',
    type: 'table',
    fqn: `${service}.default.salesforce.${name}`,
    request: {
      name,
      displayName: `${name} label`,
      description: `All about ${name}`,
      tableType: 'Regular',
      databaseSchema: `${service}.default.salesforce`,
      columns: [{ name: 'Id', dataType: 'VARCHAR', dataLength: 18, constraint: 'PRIMARY_KEY' }],
    },
  });
}

export function logLine(message: string, level = 'info'): string {
  return JSON.stringify({ kind: 'log', time: 1_700_000_000_000, level, message });
}

export function stepLine(name: string, passed = true): string {
  return JSON.stringify({
    kind: 'step',
    name,
    description: `Checks ${name}`,
    passed,
    mandatory: true,
    message: passed ? '' : 'not working',
  });
}

/** The outcome of these lines, with their digest and count. */
export function outcomeLine(lines: readonly string[], outcome: object = {}): string {
  const digest = createHash('sha256')
    .update(lines.map((line) => `${line}\n`).join(''))
    .digest('hex');
  return JSON.stringify({
    kind: 'outcome',
    status: 'success',
    counts: { objects: lines.length },
    steps: [],
    failures: [],
    startedAt: 1,
    endedAt: 2,
    records: lines.length,
    digest,
    ...outcome,
  });
}

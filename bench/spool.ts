import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { systemClock } from '../src/runtime/clock.ts';
import { nodeDisk } from '../src/spool/node-disk.ts';
import { SpoolReader } from '../src/spool/reader.ts';
import { emptySpool, recover, type Recovered } from '../src/spool/recover.ts';
import { SpoolWriter } from '../src/spool/writer.ts';

const RECORD_BYTES = 16 * 1024;
const GROUP_BYTES = 256 * 1024;
const TOTAL_BYTES = 128 * 1024 * 1024;
const ROUNDS = 3;

export type SpoolFigures = {
  /** Records of 16 KB, appended and durable. */
  readonly spool_append_mb_s: number;
  /** The disk itself: 256 KiB appended and fdatasynced, again and again, in the same run. */
  readonly disk_append_mb_s: number;
  readonly spool_vs_disk: number;
  readonly spool_syncs_s: number;
  readonly disk_syncs_s: number;
  readonly spool_read_mb_s: number;
  /** Every record checked, as after a crash. */
  readonly spool_recover_mb_s: number;
};

const never = new AbortController().signal;

/** The spool against the disk it lies on, turn by turn. `directory` decides which disk is measured. */
export async function benchSpool(directory: string): Promise<SpoolFigures> {
  const disk: Rate[] = [];
  const spool: Rate[] = [];
  const reads: number[] = [];
  const recoveries: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const place = mkdtempSync(join(directory, 'spool-bench-'));
    disk.push(await appendPlainly(place));
    spool.push(await appendToSpool(place));
    let found = emptySpool;
    recoveries.push(await timed(async () => (found = await recover(nodeDisk, place))));
    reads.push(await timed(() => readAll(place, found)));
    rmSync(place, { recursive: true });
  }
  const megabytes = TOTAL_BYTES / 1e6;
  const ours = median(spool.map(({ seconds }) => megabytes / seconds));
  const theirs = median(disk.map(({ seconds }) => megabytes / seconds));
  return {
    spool_append_mb_s: ours, disk_append_mb_s: theirs, spool_vs_disk: ours / theirs,
    spool_syncs_s: median(spool.map(({ syncs, seconds }) => syncs / seconds)), disk_syncs_s: median(disk.map(({ syncs, seconds }) => syncs / seconds)),
    spool_read_mb_s: megabytes / median(reads), spool_recover_mb_s: megabytes / median(recoveries),
  };
}

interface Rate {
  readonly seconds: number;
  readonly syncs: number;
}

async function appendPlainly(directory: string): Promise<Rate> {
  const block = Buffer.alloc(GROUP_BYTES, 7);
  const file = await nodeDisk.open(join(directory, 'plain'), 'create');
  const seconds = await timed(async () => {
    for (let at = 0; at < TOTAL_BYTES; at += GROUP_BYTES) {
      await file.write(block, at);
      await file.sync();
    }
  });
  await file.close();
  await nodeDisk.unlink(join(directory, 'plain'));
  return { seconds, syncs: TOTAL_BYTES / GROUP_BYTES };
}

async function appendToSpool(directory: string): Promise<Rate> {
  const writer = new SpoolWriter({ disk: nodeDisk, directory, clock: systemClock });
  let syncs = 0;
  writer.onDurable(() => (syncs += 1));
  const payload = Buffer.alloc(RECORD_BYTES, 7);
  const seconds = await timed(async () => {
    for (let written = 0; written < TOTAL_BYTES; written += RECORD_BYTES) await writer.append(payload, { last: false }, never);
    await writer.flush(never);
  });
  await writer.close();
  return { seconds, syncs };
}

async function readAll(directory: string, found: Recovered): Promise<void> {
  const reader = new SpoolReader({ disk: nodeDisk, directory, found });
  let next = 1;
  for (let batch = await reader.read(next, GROUP_BYTES); batch !== undefined; batch = await reader.read(next, GROUP_BYTES)) next += batch.lines.length;
  await reader.close();
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return (performance.now() - start) / 1000;
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}

import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { NEVER } from '../foundation/src/runtime/abort.ts';
import { systemClock } from '../foundation/src/runtime/clock.ts';
import { nodeDisk } from '../foundation/src/runtime/node-disk.ts';
import { SpoolReader } from '../src/spool/reader.ts';
import { emptySpool, recover, type Recovered } from '../src/spool/recover.ts';
import { SpoolWriter } from '../src/spool/writer.ts';

const RECORD_BYTES = 16 * 1024;
const GROUP_BYTES = 256 * 1024;
const TOTAL_BYTES = 128 * 1024 * 1024;
const SINGLE_RECORDS = 400;
const ROUNDS = 3;

export type SpoolFigures = {
  /** Records of 16 KB, appended and durable. */
  readonly spool_append_mb_s: number;
  /** The disk itself: 256 KiB appended and fdatasynced, again and again, in the same run. */
  readonly disk_append_mb_s: number;
  readonly spool_vs_disk: number;
  /** One record of 16 KB at a time, each durable before the next; from the median. */
  readonly spool_syncs_s: number;
  readonly disk_syncs_s: number;
  readonly spool_syncs_vs_disk: number;
  readonly spool_read_mb_s: number;
  /** Every record checked, as after a crash. */
  readonly spool_recover_mb_s: number;
};

/**
 * The spool against the disk it lies on, turn by turn. `directory` decides which disk is measured.
 */
export async function benchSpool(directory: string): Promise<SpoolFigures> {
  const seconds = {
    disk: [] as number[],
    spool: [] as number[],
    diskSingle: [] as number[],
    spoolSingle: [] as number[],
    recover: [] as number[],
    read: [] as number[],
  };
  for (let round = 0; round < ROUNDS; round++) {
    const place = mkdtempSync(join(directory, 'spool-bench-'));
    const single = await appendSingly(place);
    seconds.diskSingle.push(...single.disk);
    seconds.spoolSingle.push(...single.spool);
    for (const name of readdirSync(place)) rmSync(join(place, name));
    seconds.disk.push(await appendPlainly(place, GROUP_BYTES, TOTAL_BYTES / GROUP_BYTES));
    seconds.spool.push(await appendToSpool(place, TOTAL_BYTES / RECORD_BYTES));
    let found = emptySpool;
    seconds.recover.push(await timed(async () => (found = await recover(nodeDisk, place))));
    seconds.read.push(await timed(() => readAll(place, found)));
    rmSync(place, { recursive: true });
  }
  const rate = (amount: number, of: readonly number[]): number => amount / median(of);
  const megabytes = TOTAL_BYTES / 1e6;
  const [ours, theirs] = [rate(megabytes, seconds.spool), rate(megabytes, seconds.disk)];
  const [oursSingle, theirsSingle] = [rate(1, seconds.spoolSingle), rate(1, seconds.diskSingle)];
  return {
    spool_append_mb_s: ours,
    disk_append_mb_s: theirs,
    spool_vs_disk: ours / theirs,
    spool_syncs_s: oursSingle,
    disk_syncs_s: theirsSingle,
    spool_syncs_vs_disk: oursSingle / theirsSingle,
    spool_read_mb_s: rate(megabytes, seconds.read),
    spool_recover_mb_s: rate(megabytes, seconds.recover),
  };
}

async function appendPlainly(
  directory: string,
  blockBytes: number,
  blocks: number,
): Promise<number> {
  const block = Buffer.alloc(blockBytes, 7);
  const path = join(directory, 'plain');
  const file = await nodeDisk.open(path, 'create');
  const seconds = await timed(async () => {
    for (let index = 0; index < blocks; index++) {
      await file.write(block, index * blockBytes);
      await file.sync();
    }
  });
  await file.close();
  await nodeDisk.unlink(path);
  return seconds;
}

/** Seconds for each record, by spool and disk in turn. */
async function appendSingly(
  directory: string,
): Promise<{ readonly spool: readonly number[]; readonly disk: readonly number[] }> {
  const writer = new SpoolWriter({ disk: nodeDisk, directory, clock: systemClock });
  const path = join(directory, 'plain');
  const file = await nodeDisk.open(path, 'create');
  const payload = Buffer.alloc(RECORD_BYTES, 7);
  const spool: number[] = [];
  const disk: number[] = [];
  for (let index = 0; index < SINGLE_RECORDS; index++) {
    const onDisk = await timed(async () => {
      await file.write(payload, index * RECORD_BYTES);
      await file.sync();
    });
    disk.push(onDisk);
    const inSpool = await timed(async () => {
      await writer.append(payload, { last: false }, NEVER);
      await writer.flush(NEVER);
    });
    spool.push(inSpool);
  }
  await writer.close();
  await file.close();
  await nodeDisk.unlink(path);
  return { spool, disk };
}

async function appendToSpool(directory: string, records: number): Promise<number> {
  const writer = new SpoolWriter({ disk: nodeDisk, directory, clock: systemClock });
  const payload = Buffer.alloc(RECORD_BYTES, 7);
  const seconds = await timed(async () => {
    for (let index = 0; index < records; index++) {
      await writer.append(payload, { last: false }, NEVER);
    }
    await writer.flush(NEVER);
  });
  await writer.close();
  return seconds;
}

async function readAll(directory: string, found: Recovered): Promise<void> {
  const reader = new SpoolReader({ disk: nodeDisk, directory, found });
  let next = 1;
  for (
    let batch = await reader.read(next, GROUP_BYTES);
    batch !== undefined;
    batch = await reader.read(next, GROUP_BYTES)
  )
    next += batch.lines.length;
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

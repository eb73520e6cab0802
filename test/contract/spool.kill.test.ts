import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { nodeDisk } from '../../src/spool/node-disk.ts';
import { SpoolReader } from '../../src/spool/reader.ts';
import { recover } from '../../src/spool/recover.ts';

const program = join(import.meta.dirname, '../support/spool-program.ts');
const KILLS = 20;

let directory: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'spool-kill-'));
});
afterEach(() => rm(directory, { recursive: true }));

/** Lets a program append until it is killed a moment after its first record was durable; returns the last it said is. */
async function appendUntilKilled(next: number, moment: number): Promise<number> {
  const child = spawn(process.execPath, [program, directory, String(next)], { stdio: ['ignore', 'pipe', 'inherit'] });
  let printed = '';
  child.stdout.on('data', (chunk: Buffer) => (printed += chunk.toString()));
  await once(child.stdout, 'data');
  setTimeout(() => child.kill('SIGKILL'), moment);
  await once(child, 'close');
  return Number(printed.trim().split('\n').at(-1));
}

it(`keeps every record reported durable through ${KILLS} kills of the writer, in order and once`, async () => {
  let durable = 0;
  for (let kill = 0; kill < KILLS; kill++) {
    const reported = await appendUntilKilled(durable + 1, Math.random() * 60);
    const found = await recover(nodeDisk, directory);
    expect(found.durable).toBeGreaterThanOrEqual(reported);
    durable = found.durable;
  }
  const reader = new SpoolReader({ disk: nodeDisk, directory, found: await recover(nodeDisk, directory) });
  let next = 1;
  for (let batch = await reader.read(1, 65_536); batch !== undefined; batch = await reader.read(next, 65_536)) {
    for (const line of batch.lines) expect(Buffer.from(line).toString().split(' ')[0]).toBe(String(next++));
  }
  expect(next).toBe(durable + 1);
  expect(durable).toBeGreaterThan(KILLS);
  await reader.close();
}, 60_000);

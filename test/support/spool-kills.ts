import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { expect } from 'vitest';
import { nodeDisk } from '../../foundation/src/runtime/node-disk.ts';
import { SpoolReader } from '../../src/spool/reader.ts';
import { recover } from '../../src/spool/recover.ts';

const program = join(import.meta.dirname, 'spool-program.ts');
/** A writer is killed within this time after its first record is durable. */
const LONGEST_MS = 60;

/** Lets a program append until it is killed. Returns the last sequence that it reported durable. */
async function appendUntilKilled(directory: string, next: number, moment: number): Promise<number> {
  const child = spawn(process.execPath, [program, directory, String(next)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let printed = '';
  child.stdout.on('data', (chunk: Buffer) => (printed += chunk.toString()));
  await once(child.stdout, 'data');
  setTimeout(() => child.kill('SIGKILL'), moment);
  await once(child, 'close');
  return Number(printed.trim().split('\n').at(-1));
}

/**
 * Kills writers of a spool repeatedly, and checks that every record reported durable is there, in
 * order and once.
 */
export async function killWriters(
  directory: string,
  kills: number,
  random: () => number,
): Promise<void> {
  let durable = 0;
  for (let kill = 0; kill < kills; kill++) {
    const reported = await appendUntilKilled(directory, durable + 1, random() * LONGEST_MS);
    const found = await recover(nodeDisk, directory);
    expect(found.durable).toBeGreaterThanOrEqual(reported);
    durable = found.durable;
  }
  const reader = new SpoolReader({
    disk: nodeDisk,
    directory,
    found: await recover(nodeDisk, directory),
  });
  let next = 1;
  for (
    let batch = await reader.read(1, 65_536);
    batch !== undefined;
    batch = await reader.read(next, 65_536)
  ) {
    for (const line of batch.lines)
      expect(Buffer.from(line).toString().split(' ')[0]).toBe(String(next++));
  }
  expect(next).toBe(durable + 1);
  expect(durable).toBeGreaterThan(kills);
  await reader.close();
}

import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../foundation/src/runtime/clock.ts';
import { nodeDisk } from '../../foundation/src/runtime/node-disk.ts';
import { createAuditTrail } from './trail.ts';
import { verifyTrail } from './verify.ts';

const PROGRAM = resolve(import.meta.dirname, '../../test/support/audit-program.ts');
let directory: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'audit-kill-'));
});
afterEach(() => rm(directory, { recursive: true }));

interface Writer {
  readonly child: ChildProcess;
  /** The last event that it said was durable. */
  promised: number;
}

function start(name: string): Writer {
  const child = spawn(process.execPath, [PROGRAM, directory, name], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const writer: Writer = { child, promised: 0 };
  child.stdout.on('data', (text: Buffer) => {
    const last = text.toString().trimEnd().split('\n').at(-1);
    writer.promised = Number(last);
  });
  return writer;
}

async function recorded(name: string): Promise<number> {
  const files = (await readdir(directory)).filter((file) => file.endsWith('.jsonl'));
  const texts = await Promise.all(files.map((file) => readFile(join(directory, file), 'utf8')));
  const lines = texts.join('').split('\n').slice(0, -1);
  const counts = lines
    .map((line) => JSON.parse(line) as { program?: string; count?: number })
    .filter(({ program }) => program === name)
    .map(({ count = 0 }) => count);
  return Math.max(0, ...counts);
}

describe('writers of an audit trail that are killed', () => {
  it('leave one chain with every event that they said was durable', async () => {
    for (let round = 1; round <= 4; round++) {
      const writers = new Map(
        ['a', 'b'].map((name) => [`${name}${round}`, start(`${name}${round}`)]),
      );
      for (const writer of writers.values())
        while (writer.promised < 3 * round) await once(writer.child.stdout!, 'data');
      for (const { child } of writers.values()) {
        child.kill('SIGKILL');
        await once(child, 'close');
      }
      await createAuditTrail({ directory, disk: nodeDisk, clock: systemClock }).record({
        event: 'x',
      });
      expect(await verifyTrail(nodeDisk, directory)).toMatchObject({ problems: [], notes: [] });
      for (const [name, { promised }] of writers)
        expect(await recorded(name)).toBeGreaterThanOrEqual(promised);
    }
  }, 60_000);
});

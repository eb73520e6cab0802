import { Readable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import type { Logger } from '../../../foundation/src/logging/logger.ts';
import { logWorkerOutput } from './worker-output.ts';

const OUT_OF_MEMORY =
  'FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory';

async function logOf(...chunks: readonly string[]): Promise<unknown[]> {
  const logged: unknown[] = [];
  const logger: Logger = {
    log: (level, message, data) => void logged.push([level, message, data]),
    child: () => logger,
  };
  await logWorkerOutput(Readable.from(chunks.map((chunk) => Buffer.from(chunk))), 'stderr', logger);
  return logged;
}

const withheld = (bytes: number): unknown => [
  'warn',
  'withheld unexpected output of a worker process',
  { stream: 'stderr', bytes },
];

describe('output of a worker process', () => {
  it('is not logged when it is empty', async () => {
    expect(await logOf()).toEqual([]);
  });

  it('is logged as its number of bytes, and once as the known line of a crash, wherever it is split', async () => {
    const text = `<--- JS stacktrace --->\n${OUT_OF_MEMORY}\n${OUT_OF_MEMORY}\r\nrest`;
    for (let at = 0; at <= text.length; at += 9) {
      expect(await logOf(text.slice(0, at), text.slice(at))).toEqual([
        ['error', 'worker process crashed', { reason: OUT_OF_MEMORY }],
        withheld(text.length),
      ]);
    }
  });

  it.each([
    `${OUT_OF_MEMORY} hunter22`,
    `hunter22 ${OUT_OF_MEMORY}`,
    'FATAL ERROR: hunter22',
    "code: 'ERR_HUNTER22',",
    `${'x'.repeat(10_000)}${OUT_OF_MEMORY}`,
  ])('is withheld when a line only resembles a known one: %s', async (line) => {
    expect(await logOf(`${line}\n`)).toEqual([withheld(Buffer.byteLength(line) + 1)]);
  });

  it('is logged up to where its pipe breaks', async () => {
    const logged: unknown[] = [];
    const logger: Logger = {
      log: (level, message, data) => void logged.push([level, message, data]),
      child: () => logger,
    };
    const broken = new Readable({ read: () => undefined });
    broken.push('abc');
    setImmediate(() => broken.destroy(new Error('EIO')));
    await logWorkerOutput(broken, 'stderr', logger);
    expect(logged).toEqual([withheld(3)]);
  });
});

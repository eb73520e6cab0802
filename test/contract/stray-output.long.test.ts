import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { RunId } from '../../foundation/src/domain/ids.ts';
import {
  openOutboxStore,
  type SpoolOutboxStore,
} from '../../src/link/outbox/spool-outbox-store.ts';
import { createStartWorker } from '../../src/link/workers/start-worker.ts';
import { silentLogger, type Logger } from '../../foundation/src/logging/logger.ts';
import { systemClock } from '../../foundation/src/runtime/clock.ts';
import { PLANTED_LINES, PLANTED_SECRET, type StrayBehavior } from '../support/stray-behavior.ts';

interface Line {
  readonly level: string;
  readonly message: string;
  readonly data: Readonly<Record<string, unknown>> | undefined;
}

let stateDir: string;
let store: SpoolOutboxStore;
let logged: Line[];

beforeEach(async () => {
  stateDir = await mkdtemp(join(tmpdir(), 'stray-'));
  store = await openOutboxStore({ stateDir, clock: systemClock, logger: silentLogger });
  logged = [];
});
afterEach(async () => {
  await store.close();
  await rm(stateDir, { recursive: true });
});

/** Runs a real worker process that does this, until it is gone; what the link logged of it. */
async function logOf(behavior: StrayBehavior): Promise<readonly Line[]> {
  const logger: Logger = {
    log: (level, message, data) => void logged.push({ level, message, data }),
    child: () => logger,
  };
  const document = {
    source: {
      type: 'salesforce',
      serviceName: behavior,
      serviceConnection: { config: { type: 'Salesforce' } },
      sourceConfig: { config: {} },
    },
    workflowConfig: {},
  };
  const job = {
    ref: { runId: 'run-1' as RunId, attempt: 1, epoch: 1 },
    kind: 'metadata' as const,
    workflow: JSON.stringify(document),
    deadlineMs: 600_000,
  };
  const outbox = await store.create(job);
  const worker = await createStartWorker({
    store,
    entry: join(import.meta.dirname, '../support/stray-program.ts'),
    settings: {},
    logger,
    clock: systemClock,
    env: process.env,
    memoryMb: 40,
  })(job, outbox);
  worker.leaseUntil(systemClock.uptime() + 600_000);
  await worker.exited;
  // The last line of an output stream is logged after the stream has closed.
  await new Promise((resolve) => setImmediate(resolve));
  return logged;
}

function of(lines: readonly Line[], message: string): readonly Line[] {
  return lines.filter((line) => line.message.includes(message));
}

function expectNoSecret(lines: readonly Line[]): void {
  for (const part of ['canary', 'PLANTED']) {
    expect(PLANTED_LINES.join(' ')).toContain(part);
    expect(JSON.stringify(lines)).not.toContain(part);
  }
}

describe('a secret that a worker writes to its output', { timeout: 300_000 }, () => {
  it.each([
    ['print before it is known', 'before: [secret]'],
    ['print when it is known', 'after: [secret]'],
    ['print in pieces', '[secret]'],
    ['print a long line', 'x[secret]'],
    ['warn', 'a warning with [secret]'],
  ] as const)(
    '(%s) is in no line of the log, and the rest of the output is',
    async (behavior, rest) => {
      const lines = await logOf(behavior);
      expectNoSecret(lines);
      const shown = of(lines, 'unexpected worker output').map(({ data }) => data?.['line']);
      expect(
        shown.some((line) => String(line).includes(rest)),
        JSON.stringify(shown),
      ).toBe(true);
      expect(of(lines, 'attempt ended')).toHaveLength(1);
    },
  );

  it('is in no line of the log when the output is too long to redact: all of it is withheld', async () => {
    const lines = await logOf('print too much');
    expectNoSecret(lines);
    expect(of(lines, 'too large to redact')).toEqual([
      expect.objectContaining({ data: { bytes: 64 * 1024 - 30 + PLANTED_SECRET.length } }),
    ]);
    expect(of(lines, 'unexpected worker output')).toEqual([]);
  });

  it('is in no line of the log when it is the message of an uncaught error', async () => {
    const lines = await logOf('throw');
    expectNoSecret(lines);
    expect(JSON.stringify(of(lines, 'unhandled error in worker'))).toContain(
      'thrown with [secret]',
    );
  });

  it.each(['write to the descriptor', 'abort'] as const)(
    '(%s) is in no line of the log when it did not pass the worker’s redactor: the number of bytes is all that is logged',
    async (behavior) => {
      const lines = await logOf(behavior);
      expectNoSecret(lines);
      const withheld = of(lines, 'withheld unexpected output');
      expect(withheld.map(({ data }) => data?.['stream'])).toContain('stderr');
      for (const { data } of withheld)
        expect(Object.keys(data!).sort()).toEqual(['bytes', 'stream']);
      expect(of(lines, 'crashed')).toEqual([]);
    },
  );

  it('is in no line of the log of a worker that ran out of memory, which the log explains', async () => {
    const lines = await logOf('run out of memory');
    expectNoSecret(lines);
    expect(of(lines, 'crashed').map(({ data }) => data?.['reason'])).toEqual([
      expect.stringMatching(/^FATAL ERROR: .*JavaScript heap out of memory$/),
    ]);
    expect(of(lines, 'withheld unexpected output')).not.toEqual([]);
  });
});

describe('output of a worker without a secret', { timeout: 300_000 }, () => {
  it('is logged unchanged', async () => {
    const lines = await logOf('print something harmless');
    expect(of(lines, 'unexpected worker output').map(({ level, data }) => [level, data])).toEqual([
      ['warn', { line: 'a dependency warns: deprecated option' }],
    ]);
  });
});

import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { attempt, table, workflow, yielding } from '../../test/support/attempts.ts';
import type { Connector, ConnectorContext } from '../connectors/connector.ts';
import type { RunId } from '../../foundation/src/domain/ids.ts';
import { RunnerError } from '../../foundation/src/runtime/errors.ts';
import type { MemoryFile, Remembered } from './run-memory.ts';
import { Stop } from './stop.ts';

describe('incremental state of an attempt', () => {
  class Kept implements MemoryFile {
    remembered: Remembered | undefined;
    load = () => Promise.resolve(this.remembered);
    clear = () => Promise.resolve(void (this.remembered = undefined));
    save(remembered: Remembered): Promise<void> {
      this.remembered = remembered;
      return Promise.resolve();
    }
  }

  interface Remembering {
    readonly catalogRevision?: string;
    readonly epoch?: number;
    readonly extract?: Connector['jobs']['metadata'];
    readonly stop?: Stop;
  }

  /** Runs a connector that says what it recalled, and keeps how often it has been run. */
  async function run(
    memory: Kept,
    { catalogRevision, epoch = 1, extract, stop = new Stop() }: Remembering = {},
  ) {
    let recalled: unknown;
    const result = await attempt(
      extract ??
        async function* (context: ConnectorContext) {
          recalled = await context.memory?.recall((kept) =>
            kept === 'strange' ? undefined : kept,
          );
          yield table('A');
          context.memory?.keep(typeof recalled === 'number' ? recalled + 1 : 1);
        },
      {
        stop,
        job: {
          ref: { runId: 'r' as RunId, attempt: 1, epoch },
          kind: 'metadata',
          workflow: JSON.stringify(workflow),
          deadlineMs: 60_000,
          ...(catalogRevision === undefined ? {} : { catalogRevision }),
        },
        openAccess: () =>
          Promise.resolve({
            secrets: new Map(),
            connect: () => Promise.reject(new RunnerError('HOST_DENIED', 'no')),
            protect: () => undefined,
            limits: {
              reservePercent: 20,
              maxApiCallsPerRun: undefined,
              sampleRows: false,
              codeText: false,
              profile: false,
              owners: false,
            },
            memory,
          }),
      },
    );
    return { ...result, recalled };
  }

  it('is that of the previous run if the catalog has its revision, and the outcome names that revision', async () => {
    const memory = new Kept();
    const first = await run(memory);
    expect(memory.remembered).toEqual({
      revision: createHash('sha256')
        .update(`hybrid-runner/catalog/v1\nr\n1\n${first.sink.lines.at(-1)!}`)
        .digest('hex'),
      state: 1,
    });
    expect([first.recalled, first.outcome]).toEqual([
      undefined,
      expect.not.objectContaining({ builtOn: expect.anything() }),
    ]);
    const { revision } = memory.remembered!;
    const second = await run(memory, { catalogRevision: revision, epoch: 2 });
    expect([second.recalled, second.outcome.builtOn, second.sink.records.at(-1)]).toEqual([
      1,
      revision,
      second.outcome,
    ]);
    expect(memory.remembered).toMatchObject({ state: 2 });
    expect(memory.remembered?.revision).not.toBe(revision);
  });

  it.each([
    ['unknown', undefined],
    ['another', 'f'.repeat(64)],
  ])(
    'is not used when the catalog revision is %s, which is logged',
    async (_which, catalogRevision) => {
      const memory = new Kept();
      await run(memory);
      const again = await run(memory, {
        epoch: 2,
        ...(catalogRevision === undefined ? {} : { catalogRevision }),
      });
      expect([again.recalled, again.outcome.builtOn]).toEqual([undefined, undefined]);
      expect(again.sink.records[0]).toMatchObject({
        kind: 'log',
        message: expect.stringContaining('full run'),
      });
      expect(again.sink.lines.join('')).not.toContain('f'.repeat(16));
      expect(memory.remembered).toMatchObject({ state: 1 });
    },
  );

  it('is ignored if the connector cannot use it, and the run is a full run', async () => {
    const memory = new Kept();
    memory.remembered = { revision: 'r1', state: 'strange' };
    expect((await run(memory, { catalogRevision: 'r1' })).outcome.builtOn).toBeUndefined();
  });

  it.each(['cancelled', 'expired', 'interrupted'] as const)(
    'is left as it was by one that is %s',
    async (status) => {
      const memory = new Kept();
      const stop = new Stop();
      await run(memory, {
        stop,
        extract: async function* (context) {
          context.memory?.keep('not to be believed');
          yield table('A');
          stop.request(status, new RunnerError('CANCELLED', 'enough').toFailure());
          yield table('B');
        },
      });
      expect(memory.remembered).toBeUndefined();
    },
  );

  it('is deleted when the connector keeps nothing', async () => {
    const memory = new Kept();
    await run(memory);
    await run(memory, {
      extract: (context) => {
        context.memory?.keep(undefined);
        return yielding([table('A')]);
      },
    });
    expect(memory.remembered).toBeUndefined();
  });

  it('excludes records that could not be written', async () => {
    let withheld: unknown[] = [];
    await run(new Kept(), {
      extract: async function* (context) {
        yield table('Large', { description: 'x'.repeat(1_100_000) });
        yield table('Small');
        withheld = ['Large', 'Small'].map((name) =>
          context.memory?.isWithheld(`crm.default.salesforce.${name}`),
        );
      },
    });
    expect(withheld).toEqual([true, false]);
  });
});

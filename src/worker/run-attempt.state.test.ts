import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { attempt, table, workflow, yielding } from '../../test/support/attempts.ts';
import type { Connector, ConnectorContext } from '../connectors/connector.ts';
import type { RunId } from '../../foundation/src/domain/ids.ts';
import { RunnerError } from '../../foundation/src/runtime/errors.ts';
import type { StateFile, StateAtRevision } from './state-file.ts';
import { Stop } from './stop.ts';

describe('incremental state of an attempt', () => {
  class InMemoryStateFile implements StateFile {
    stored: StateAtRevision | undefined;
    load = () => Promise.resolve(this.stored);
    clear = () => Promise.resolve(void (this.stored = undefined));
    save(stored: StateAtRevision): Promise<void> {
      this.stored = stored;
      return Promise.resolve();
    }
  }

  interface RunOverrides {
    readonly catalogRevision?: string;
    readonly epoch?: number;
    readonly extract?: Connector['jobs']['metadata'];
    readonly stop?: Stop;
  }

  /** Runs a connector that reports the state it loaded, and saves its number of runs. */
  async function run(
    stateStore: InMemoryStateFile,
    { catalogRevision, epoch = 1, extract, stop = new Stop() }: RunOverrides = {},
  ) {
    let loaded: unknown;
    const result = await attempt(
      extract ??
        async function* (context: ConnectorContext) {
          loaded = await context.stateStore?.load((state) =>
            state === 'strange' ? undefined : state,
          );
          yield table('A');
          context.stateStore?.save(typeof loaded === 'number' ? loaded + 1 : 1);
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
            admitOrganization: () => Promise.resolve(),
            noteFailedSignIn: () => Promise.resolve(),
            protect: () => undefined,
            limits: {
              reservePercent: 20,
              maxApiCallsPerRun: undefined,
              counts: true,
              sampleRows: false,
              codeText: false,
              profile: false,
              owners: false,
            },
            stateStore,
          }),
      },
    );
    return { ...result, loaded };
  }

  it('is that of the previous run if the catalog has its revision, and the outcome names that revision', async () => {
    const stateStore = new InMemoryStateFile();
    const first = await run(stateStore);
    expect(stateStore.stored).toEqual({
      revision: createHash('sha256')
        .update(`hybrid-runner/catalog/v1\nr\n1\n${first.sink.lines.at(-1)!}`)
        .digest('hex'),
      state: 1,
    });
    expect([first.loaded, first.outcome]).toEqual([
      undefined,
      expect.not.objectContaining({ builtOn: expect.anything() }),
    ]);
    const { revision } = stateStore.stored!;
    const second = await run(stateStore, { catalogRevision: revision, epoch: 2 });
    expect([second.loaded, second.outcome.builtOn, second.sink.records.at(-1)]).toEqual([
      1,
      revision,
      second.outcome,
    ]);
    expect(stateStore.stored).toMatchObject({ state: 2 });
    expect(stateStore.stored?.revision).not.toBe(revision);
  });

  it.each([
    ['unknown', undefined],
    ['another', 'f'.repeat(64)],
  ])(
    'is not used when the catalog revision is %s, which is logged',
    async (_which, catalogRevision) => {
      const stateStore = new InMemoryStateFile();
      await run(stateStore);
      const again = await run(stateStore, {
        epoch: 2,
        ...(catalogRevision === undefined ? {} : { catalogRevision }),
      });
      expect([again.loaded, again.outcome.builtOn]).toEqual([undefined, undefined]);
      expect(again.sink.records[0]).toMatchObject({
        kind: 'log',
        message: expect.stringContaining('full run'),
      });
      expect(again.sink.lines.join('')).not.toContain('f'.repeat(16));
      expect(stateStore.stored).toMatchObject({ state: 1 });
    },
  );

  it('is ignored if the connector cannot use it, and the run is a full run', async () => {
    const stateStore = new InMemoryStateFile();
    stateStore.stored = { revision: 'r1', state: 'strange' };
    expect((await run(stateStore, { catalogRevision: 'r1' })).outcome.builtOn).toBeUndefined();
  });

  it.each(['cancelled', 'expired', 'interrupted'] as const)(
    'is not changed by an attempt that is %s',
    async (status) => {
      const stateStore = new InMemoryStateFile();
      const stop = new Stop();
      await run(stateStore, {
        stop,
        extract: async function* (context) {
          context.stateStore?.save('discarded');
          yield table('A');
          stop.request(status, new RunnerError('CANCELLED', 'enough').toFailure());
          yield table('B');
        },
      });
      expect(stateStore.stored).toBeUndefined();
    },
  );

  it('is deleted if the connector saves undefined', async () => {
    const stateStore = new InMemoryStateFile();
    await run(stateStore);
    await run(stateStore, {
      extract: (context) => {
        context.stateStore?.save(undefined);
        return yielding([table('A')]);
      },
    });
    expect(stateStore.stored).toBeUndefined();
  });

  it('excludes records that could not be written', async () => {
    let withheld: unknown[] = [];
    await run(new InMemoryStateFile(), {
      extract: async function* (context) {
        yield table('Large', { description: 'x'.repeat(1_100_000) });
        yield table('Small');
        withheld = ['Large', 'Small'].map((name) =>
          context.stateStore?.isWithheld(`crm.default.salesforce.${name}`),
        );
      },
    });
    expect(withheld).toEqual([true, false]);
  });
});

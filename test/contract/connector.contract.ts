import { expect, it } from 'vitest';
import type { Connector, ConnectorContext, Extracted } from '../../src/connectors/connector.ts';
import { jobWork } from '../../src/connectors/job-work.ts';
import type { EntityRecord, StepRecord } from '../../foundation/src/domain/record.ts';
import { assertEntity } from '../../openmetadata/src/entities.ts';
import { isGone } from '../../openmetadata/src/sweep.ts';
import { ownNameOf } from '../../openmetadata/src/names.ts';
import { localErrorFields } from '../../foundation/src/runtime/error-fields.ts';
import { RunnerError } from '../../foundation/src/runtime/errors.ts';
import type { ContextOptions } from '../support/connector-context.ts';

/** What the source sends in the stage `garbled`, in place of an answer. */
export const UNREADABLE = '<html>please log in to the proxy</html>';

export type JobOptions = Pick<ContextOptions, 'sourceConfig' | 'limits'>;

/** The source must have two tables or more. */
export interface ConnectorStage {
  readonly connector: Connector;
  /** A connection that works, and the context of a job with it and these options. */
  readonly working: (options?: JobOptions) => ConnectorContext;
  /** The same, with a secret that the source rejects. */
  readonly refused: () => ConnectorContext;
  /** The same, and the source accepts the secret, but sends UNREADABLE for its list of tables. */
  readonly garbled: () => ConnectorContext;
}

async function collect<T>(source: AsyncIterable<T>): Promise<T[]> {
  const items: T[] = [];
  for await (const item of source) items.push(item);
  return items;
}

const signal = (): AbortSignal => AbortSignal.timeout(240_000);

function extract(connector: Connector, context: ConnectorContext): Promise<Extracted[]> {
  return collect(jobWork(connector, 'metadata')(context, signal()));
}

function test(connector: Connector, context: ConnectorContext): Promise<StepRecord[]> {
  return collect(jobWork(connector, 'test_connection')(context, signal()));
}

async function failureOf(work: Promise<unknown>): Promise<RunnerError> {
  const thrown = await work.then(
    () => new Error('succeeded'),
    (reason: unknown) => reason,
  );
  expect(thrown).toBeInstanceOf(RunnerError);
  return thrown as RunnerError;
}

function tablesOf(records: readonly Extracted[]): EntityRecord[] {
  return records.filter(
    (record) => record.kind === 'entity' && record.type === 'table',
  ) as EntityRecord[];
}

/** What every connector promises to the worker. */
export function connectorContract(stage: () => ConnectorStage): void {
  it('rejects an empty connection with a typed error before it reads anything', () => {
    expect(() => stage().connector.endpoints({})).toThrow(RunnerError);
  });

  it('names its endpoints and its secret fields', () => {
    const { connector, working } = stage();
    const [endpoint] = connector.endpoints(working().workflow.source.serviceConnection.config);
    expect(endpoint).toMatchObject({
      host: expect.stringMatching(/^[a-z0-9.-]+$/) as string,
      port: expect.any(Number) as number,
    });
    expect(connector.secretFields.every((field) => /^\w+(?:\.\w+)*$/.test(field))).toBe(true);
  });

  it('yields parents before children, each entity once and valid', async () => {
    const { connector, working } = stage();
    const seen = new Set<string>();
    for (const record of await extract(connector, working())) {
      if (record.kind !== 'entity') continue;
      expect(seen.has(record.fqn)).toBe(false);
      if (record.type !== 'databaseService')
        expect([...seen].some((parent) => record.fqn.startsWith(`${parent}.`))).toBe(true);
      assertEntity(record.type, record.fqn, record.request);
      seen.add(record.fqn);
    }
    expect(seen.size).toBeGreaterThan(4);
  });

  it('passes every step of a connection test', async () => {
    const { connector, working } = stage();
    const steps = await test(connector, working());
    expect(steps.filter(({ passed }) => !passed)).toEqual([]);
    expect(steps.filter(({ mandatory }) => mandatory).length).toBeGreaterThan(0);
  });

  it('ends a connection test at the mandatory step that fails', async () => {
    const { connector, refused } = stage();
    const steps = await test(connector, refused());
    expect(steps.at(-1)).toMatchObject({
      passed: false,
      mandatory: true,
      error: { code: expect.any(String) as string },
    });
  });

  it('throws a typed error if the source rejects the secret', async () => {
    const { connector, refused } = stage();
    await failureOf(extract(connector, refused()));
  });

  responseContract(stage);
  jobOptionsContract(stage);
  endContract(stage);
}

function responseContract(stage: () => ConnectorStage): void {
  it('maps an unreadable response to a code of the connector, and does not quote it', async () => {
    const { connector, garbled } = stage();
    const error = await failureOf(extract(connector, garbled()));
    expect(error.code.startsWith(`${connector.type.toUpperCase()}_`), error.code).toBe(true);
    expect(JSON.stringify(localErrorFields(error))).not.toMatch(/html|proxy/);
  });
}

function jobOptionsContract(stage: () => ConnectorStage): void {
  it('extracts only tables that pass tableFilterPattern', async () => {
    const { connector, working } = stage();
    const [first, ...others] = tablesOf(await extract(connector, working()));
    const sourceConfig = { tableFilterPattern: { excludes: [`${ownNameOf(first!.fqn)}$`] } };
    const filtered = tablesOf(await extract(connector, working({ sourceConfig })));
    expect(filtered.map(({ fqn }) => fqn).sort()).toEqual(others.map(({ fqn }) => fqn).sort());
  });

  it('lets a catalog delete no table that exists, filtered or not, and any other', async () => {
    const { connector, working } = stage();
    const tables = tablesOf(await extract(connector, working()));
    const sourceConfig = { tableFilterPattern: { includes: ['nothing-has-this-name'] } };
    const sweeps = (await extract(connector, working({ sourceConfig }))).filter(
      (record) => record.kind === 'sweep' && record.type === 'table',
    );
    const gone = (fqn: string): boolean =>
      sweeps.some((record) => record.kind === 'sweep' && isGone(record)(fqn));
    expect(tables.filter(({ fqn }) => gone(fqn))).toEqual([]);
    expect(gone(`${tables[0]!.fqn}_of_last_year`)).toBe(true);
  });

  it('lets a catalog delete nothing without markDeletedTables', async () => {
    const { connector, working } = stage();
    const sourceConfig = { markDeletedTables: false };
    const records = await extract(connector, working({ sourceConfig }));
    expect(
      records.filter(
        ({ kind, ...more }) => kind === 'sweep' && 'type' in more && more.type === 'table',
      ),
    ).toEqual([]);
  });

  it('makes no more calls than maxApiCallsPerRun', async () => {
    const { connector, working } = stage();
    const error = await failureOf(
      extract(connector, working({ limits: { maxApiCallsPerRun: 0 } })),
    );
    expect(error.code.startsWith(`${connector.type.toUpperCase()}_`), error.code).toBe(true);
  });
}

function endContract(stage: () => ConnectorStage): void {
  it('stops with the reason of the signal', async () => {
    const { connector, working } = stage();
    const reason = new RunnerError('CANCELLED', 'not wanted any more');
    const work = jobWork(connector, 'metadata')(working(), AbortSignal.abort(reason));
    await expect(collect(work)).rejects.toBe(reason);
  });

  it('stops when its reader leaves', async () => {
    const { connector, working } = stage();
    const records = jobWork(connector, 'metadata')(working(), signal())[Symbol.asyncIterator]();
    await records.next();
    await records.return?.();
    expect(await records.next()).toEqual({ done: true, value: undefined });
  });
}

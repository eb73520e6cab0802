import { expect, it } from 'vitest';
import type { Connector, ConnectorContext, Extracted } from '../../src/connectors/connector.ts';
import type { StepRecord } from '../../foundation/src/domain/record.ts';
import { assertEntity } from '../../openmetadata/src/entities.ts';
import { RunnerError } from '../../foundation/src/runtime/errors.ts';

export interface ConnectorStage {
  readonly connector: Connector;
  /** A connection that works, and the context of a job with it. */
  readonly working: () => ConnectorContext;
  /** The same, with a secret that the source refuses. */
  readonly refused: () => ConnectorContext;
}

async function collect<T>(source: AsyncIterable<T>): Promise<T[]> {
  const items: T[] = [];
  for await (const item of source) items.push(item);
  return items;
}

const signal = (): AbortSignal => AbortSignal.timeout(240_000);

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
    for (const record of await collect<Extracted>(connector.jobs.metadata(working(), signal()))) {
      if (record.kind !== 'entity') continue;
      expect(seen.has(record.fqn)).toBe(false);
      if (record.type !== 'databaseService')
        expect([...seen].some((parent) => record.fqn.startsWith(`${parent}.`))).toBe(true);
      assertEntity(record.type, record.fqn, record.request);
      seen.add(record.fqn);
    }
    expect(seen.size).toBeGreaterThan(3);
  });

  it('passes every step of a connection test', async () => {
    const { connector, working } = stage();
    const steps = await collect<StepRecord>(connector.jobs.test_connection(working(), signal()));
    expect(steps.filter(({ passed }) => !passed)).toEqual([]);
    expect(steps.filter(({ mandatory }) => mandatory).length).toBeGreaterThan(0);
  });

  it('ends a connection test at the mandatory step that fails', async () => {
    const { connector, refused } = stage();
    const steps = await collect<StepRecord>(connector.jobs.test_connection(refused(), signal()));
    expect(steps.at(-1)).toMatchObject({
      passed: false,
      mandatory: true,
      error: { code: expect.any(String) as string },
    });
  });

  it('throws a typed error if the source rejects the secret', async () => {
    const { connector, refused } = stage();
    await expect(collect(connector.jobs.metadata(refused(), signal()))).rejects.toBeInstanceOf(
      RunnerError,
    );
  });

  it('stops with the reason of the signal', async () => {
    const { connector, working } = stage();
    const reason = new RunnerError('CANCELLED', 'not wanted any more');
    await expect(
      collect(connector.jobs.metadata(working(), AbortSignal.abort(reason))),
    ).rejects.toBe(reason);
  });

  it('stops when its reader leaves', async () => {
    const { connector, working } = stage();
    const records = connector.jobs.metadata(working(), signal())[Symbol.asyncIterator]();
    await records.next();
    await records.return?.();
    expect(await records.next()).toEqual({ done: true, value: undefined });
  });
}

import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startSandbox, type Sandbox } from '../../../../sandbox-org/src/sandbox.ts';
import { entityId } from '../../../../sandbox-org/src/org/durable-ids.ts';
import { contextFor, type RecordedContext } from '../../../../test/support/connector-context.ts';
import { soapOptions } from '../../../../test/support/salesforce-run.ts';
import { openOrg } from '../api/org.ts';
import { parseConnection } from '../sign-in/connection.ts';
import { RollUps, type RollUpField } from './roll-ups.ts';

let sandbox: Sandbox;
let fields: RollUpField[];
const signal = AbortSignal.timeout(240_000);

beforeAll(async () => {
  sandbox = await startSandbox({ objects: 200 });
  fields = sandbox.org
    .list()
    .flatMap((entry) =>
      sandbox.org
        .fields(entry.name)
        .flatMap(({ traits, rollUp }) =>
          rollUp === null ? [] : [{ object: entityId(entry), field: traits.name }],
        ),
    );
});
afterAll(() => sandbox.close());
beforeEach(() => {
  sandbox.faults.clear();
  sandbox.resetStats();
});

function open(most: number): { readonly rollUps: RollUps; readonly logs: RecordedContext['logs'] } {
  const { context, logs } = contextFor(sandbox, soapOptions(sandbox));
  const { api } = openOrg(
    {
      connection: parseConnection(soapOptions(sandbox).connection),
      context,
      tuning: { pauseMs: 1 },
    },
    signal,
  );
  return {
    rollUps: new RollUps({ api, version: '64.0', logger: context.logger, max: most }),
    logs,
  };
}

async function read(most: number, covered: readonly RollUpField[]): Promise<string[]> {
  const objects = new Set(covered.map(({ object }) => object));
  return [...(await open(most).rollUps.read(objects, signal)).keys()].sort();
}

describe('roll-up definitions', () => {
  it('are the same ones for any subset of objects', async () => {
    expect(fields.length).toBeGreaterThan(7);
    const some = await read(5, fields);
    expect(some).toHaveLength(5);
    const half = fields.filter(({ object }) => object < fields[3]!.object);
    expect(await read(5, half)).toEqual(
      some.filter((key) => half.some(({ object }) => key.startsWith(`${object} `))),
    );
  });

  it('are read completely below the limit, 25 in a call, once a run', async () => {
    const { rollUps } = open(fields.length);
    const objects = new Set(fields.map(({ object }) => object));
    expect([...(await rollUps.read(objects, signal)).keys()]).toHaveLength(fields.length);
    await rollUps.read(objects, signal);
    expect(sandbox.stats().apiCalls).toBe(1 + Math.ceil(fields.length / 25));
  });

  it('are logged as incomplete above the limit', async () => {
    const { rollUps, logs } = open(2);
    await rollUps.read(new Set(fields.map(({ object }) => object)), signal);
    expect(
      logs.filter(({ message }) => message.startsWith('roll-up summary definitions incomplete')),
    ).toMatchObject([
      { level: 'info', data: { reason: 'limit', requested: fields.length, read: 2 } },
    ]);
  });

  it('are omitted with a warning if the list is not readable', async () => {
    sandbox.faults.install({ match: { path: 'SummaryOperation' }, effect: { kind: 'forbid' } });
    const { rollUps, logs } = open(150);
    expect([...(await rollUps.read(new Set(), signal))]).toEqual([]);
    expect(
      logs.filter(
        ({ level, message }) =>
          level === 'warn' && message.startsWith('failed to read roll-up summary fields'),
      ),
    ).toHaveLength(1);
  });
});

import { afterAll, beforeAll, beforeEach } from 'vitest';
import { batch, outcomeLine } from './fake-records.ts';
import { connect, type Connection, type Ref } from './fake-runner.ts';
import { openStage, prepareCatalog, startRun, type Stage } from './stage.ts';

export const SCHEMA = 'sandbox.default.salesforce';
export const line = (record: object): string => JSON.stringify(record);
export const fqnOf = (name: string): string => `${SCHEMA}.${name}`;
export const edge = (from: string, to: string, details: object = {}): string =>
  line({ kind: 'lineage', from: fqnOf(from), to: fqnOf(to), details });

export let stage: Stage;
export let connection: Connection;

async function startRunAccepted(): Promise<{
  readonly ref: Ref;
  readonly catalogRevision: string;
}> {
  await startRun(stage.api);
  const offer = await connection.take<{ ref: Ref; catalogRevision: string }>('offer');
  connection.send('accept', { ref: offer.ref });
  return offer;
}

/**
 * Runs with these records, based on the offered revision if one is `unchanged`. Returns the ended
 * run.
 */
export async function runWith(
  lines: readonly string[],
  outcome: object = {},
): Promise<Record<string, unknown>> {
  const { ref, catalogRevision } = await startRunAccepted();
  const builtOn = lines.some((one) => one.includes('"kind":"unchanged"'))
    ? { builtOn: catalogRevision }
    : {};
  connection.send(
    'batch',
    batch(ref, 1, [...lines, outcomeLine(lines, { ...builtOn, ...outcome })], { last: true }),
  );
  await connection.take('ack');
  return (await stage.api.get(`/api/v1/runs/${ref.runId}`)).body as Record<string, unknown>;
}

export const table = async (name: string) =>
  (await stage.api.get(`/api/v1/tables/${fqnOf(name)}`)).body;

/** Connects a new runner, which gets the runs of the service. */
export async function connectRunner(): Promise<void> {
  const identity = await stage.enroll();
  ({ connection } = await connect('ws', stage, identity));
  await prepareCatalog(stage.api, identity.runnerId);
}

/** Opens and closes the stage around the tests of a file. */
export function useCatalog(): void {
  beforeAll(async () => {
    stage = await openStage();
  });
  afterAll(() => stage.close());

  beforeEach(async () => {
    await connectRunner();
    return () => connection.close();
  });
}

import { afterEach } from 'vitest';
import type { Limits } from '../src/limits.ts';
import { batch, outcomeLine } from './fake-records.ts';
import {
  connect,
  type Connection,
  type HelloOptions,
  type Identity,
  type Ref,
} from './fake-runner.ts';
import {
  eventually,
  openStage,
  prepareCatalog,
  SteppedClock,
  temporaryFolder,
  type Stage,
} from './stage.ts';

export const HOUR = 3_600_000;
/** Longer than any lease here. */
export const LEASE_MS = 120_000;

export let stage: Stage;
export let clock: SteppedClock;
export let identity: Identity;
let connections: Connection[] = [];

export async function open(limits: Partial<Limits> = {}, data = temporaryFolder()): Promise<void> {
  clock = new SteppedClock();
  stage = await openStage({ retryOfferMs: 100, ...limits }, data, clock);
}

export async function openPrepared(
  limits: Partial<Limits> = {},
  data = temporaryFolder(),
): Promise<void> {
  await open(limits, data);
  identity = await stage.enroll('first');
  await prepareCatalog(stage.api);
}

export async function runner(options: HelloOptions = {}, who = identity) {
  const connected = await connect('ws', stage, who, options);
  connections.push(connected.connection);
  return connected;
}

export const nextOffer = (connection: Connection): Promise<Ref> =>
  connection.take<{ ref: Ref }>('offer').then(({ ref }) => ref);
export const view = async (id: string) => (await stage.api.get(`/api/v1/runs/${id}`)).body;
export const waitForRun = (id: string, expected: object) =>
  eventually(async () => {
    const found = await view(id);
    return Object.entries(expected).every(([key, value]) => found[key] === value) && found;
  });
export const waitForWait = (id: string, code: string) =>
  eventually(async () => {
    const { waiting } = await view(id);
    return waiting?.code === code && waiting;
  });

export async function acceptNext(connection: Connection): Promise<Ref> {
  const ref = await nextOffer(connection);
  connection.send('accept', { ref });
  await waitForRun(ref.runId, { state: 'running' });
  return ref;
}

export async function finish(
  connection: Connection,
  ref: Ref,
  lines: readonly string[] = [],
  outcome: object = {},
  from = 1,
): Promise<void> {
  connection.send(
    'batch',
    batch(ref, from, [...lines.slice(from - 1), outcomeLine(lines, outcome)], { last: true }),
  );
  await connection.take('ack');
}

export const held = (ref: Ref, durableSequence: number, more: object = {}) => ({
  ref,
  durableSequence,
  complete: true,
  ...more,
});
export const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** Opens and closes the stage around the tests of a file. */
export function useLifecycle(): void {
  afterEach(async () => {
    for (const connection of connections) connection.close();
    connections = [];
    await stage.close();
  });
}

import { afterAll, afterEach, beforeAll, beforeEach } from 'vitest';
import type { Limits } from '../src/limits.ts';
import { batch, outcomeLine } from './fake-records.ts';
import {
  connect,
  type Connection,
  type HelloOptions,
  type Identity,
  type Ref,
} from './fake-runner.ts';
import { eventually, openStage, prepareCatalog, type Stage } from './stage.ts';

export let stage: Stage;
export let identity: Identity;
let connections: Connection[];

const PATIENT: Partial<Limits> = { retryOfferMs: 100, maxAttempts: 2 };
let limits = PATIENT;

/** Sets limits for the tests of a block. */
export function useLimits(more: Partial<Limits>): void {
  beforeAll(() => {
    limits = { ...PATIENT, ...more };
  });
  afterAll(() => {
    limits = PATIENT;
  });
}

export async function runner(options: HelloOptions = {}, who = identity) {
  const connected = await connect('ws', stage, who, options);
  connections.push(connected.connection);
  return connected;
}

export const nextOffer = (connection: Connection): Promise<Ref> =>
  connection.take<{ ref: Ref }>('offer').then(({ ref }) => ref);
export const run = async (id: string) =>
  (await stage.api.get(`/api/v1/runs/${id}`)).body as Record<string, unknown>;
export const waitForState = (id: string, state: string) =>
  eventually(async () => {
    const view = await run(id);
    return view['state'] === state && view;
  });

export async function acceptNext(connection: Connection): Promise<Ref> {
  const ref = await nextOffer(connection);
  connection.send('accept', { ref });
  await waitForState(ref.runId, 'running');
  return ref;
}

export async function finish(
  connection: Connection,
  ref: Ref,
  outcome: object = {},
): Promise<void> {
  connection.send('batch', batch(ref, 1, [outcomeLine([], outcome)], { last: true }));
  await connection.take('ack');
}

/** Opens and closes the stage around the tests of a file. */
export function useDispatch(): void {
  beforeEach(async () => {
    stage = await openStage(limits);
    identity = await stage.enroll('first');
    connections = [];
    await prepareCatalog(stage.api);
  });
  afterEach(async () => {
    for (const connection of connections) connection.close();
    await stage.close();
  });
}

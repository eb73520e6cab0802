import { sign } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  connect,
  newKey,
  type Identity as Enrolled,
} from '../../../control-plane/test/fake-runner.ts';
import {
  openStage,
  prepareCatalog,
  startRun,
  type Stage,
} from '../../../control-plane/test/stage.ts';
import type { RunnerId } from '../../../foundation/src/domain/ids.ts';
import { createConnect } from '../../../foundation/src/network/open.ts';
import { systemClock } from '../../../foundation/src/runtime/clock.ts';
import { systemRandom } from '../../../foundation/src/runtime/random.ts';
import { createDialers } from '../../channel/dialers.ts';
import type { Identity } from '../enrollment/identity.ts';
import { tryIdentity } from './identity-trial.ts';

let stage: Stage;
let enrolled: Enrolled;
beforeEach(async () => {
  stage = await openStage();
  enrolled = await stage.enroll('edge');
});
afterEach(() => stage.close());

const signal = AbortSignal.timeout(300_000);

/** Tries an identity over each kind of channel. */
async function tryBoth({ runnerId, key }: Enrolled): Promise<void> {
  const network = {
    connectTo: [],
    proxy: undefined,
    noProxy: [],
    extraCa: [stage.ca],
    publicCas: false,
  };
  const identity: Identity = {
    runnerId: runnerId as RunnerId,
    name: 'edge',
    controlPlaneUrl: `wss://localhost:${stage.port}`,
    publicKey: '',
    fingerprint: '',
    sign: (message: Uint8Array) => sign(null, message, key),
  };
  const dialers = createDialers('auto', {
    url: identity.controlPlaneUrl,
    connect: createConnect(network),
    clock: systemClock,
    timeoutMs: 60_000,
  });
  const deps = { clock: systemClock, random: systemRandom, version: '0.1.0', platform: 'test' };
  for (const dialer of dialers)
    await tryIdentity(dialer, identity, { ...deps, timeoutMs: 60_000 }, signal);
}

describe('the trial of an identity', () => {
  it('passes for an identity that the control plane accepts', async () => {
    await tryBoth(enrolled);
  });

  it.each([
    ['RUNNER_REVOKED', async () => revoke()],
    ['RUNNER_UNKNOWN', async () => ({ ...enrolled, runnerId: 'rnr_nobody' })],
    ['SIGNATURE_INVALID', async () => ({ ...enrolled, key: newKey().key })],
  ])('reports %s', async (code, identity) => {
    await expect(tryBoth(await identity())).rejects.toMatchObject({ code });
  });

  it('does not disturb a runner that is connected with the same identity', async () => {
    await prepareCatalog(stage.api);
    const features = ['zstd', 'identity-check'];
    const { connection } = await connect('ws', stage, enrolled, { features });
    await tryBoth(enrolled);
    const { body } = await stage.api.get('/api/v1/runners');
    expect(body.runners[0]).toMatchObject({ connected: true, condition: '' });
    // The next frame is an offer: no check of its identity, no refusal, no end came before.
    await startRun(stage.api);
    expect(await connection.next()).toMatchObject({ body: 'offer' });
    connection.close();
  });
});

async function revoke(): Promise<Enrolled> {
  await stage.api.post(`/api/v1/runners/${enrolled.runnerId}/revoke`);
  return enrolled;
}

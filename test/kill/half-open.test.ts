import { readFileSync, writeFileSync } from 'node:fs';
import { afterEach, describe, expect, it } from 'vitest';
import { NETWORK_CHANNELS } from '../../foundation/src/network/channel-kind.ts';
import { Relay } from '../support/relay.ts';
import { Stage } from '../support/stage.ts';

const NOTICED_MS = 30_000;

let stage: Stage;
let relay: Relay;

afterEach(async () => {
  await stage.close();
  await relay.close();
});

/** Routes the runner's connections to the control plane through the relay. */
function routeThrough(port: number): void {
  const config = JSON.parse(readFileSync(stage.place.configFile, 'utf8')) as {
    network: { connectTo: string[] };
  };
  config.network.connectTo.push(`${new URL(stage.controlPlane.url).host}=127.0.0.1:${port}`);
  writeFileSync(stage.place.configFile, JSON.stringify(config));
}

function welcomes(): number {
  return stage.runner.output.split('"msg":"connected to the control plane"').length - 1;
}

async function untilAccepted(count: number): Promise<number> {
  await stage.waitFor(
    `connection ${count}`,
    () => Promise.resolve(relay.accepted >= count),
    60_000,
  );
  return performance.now();
}

describe.each(NETWORK_CHANNELS)('a runner over %s whose packets are lost', (channel) => {
  it('is detected within 30 seconds, connected or dialing, and ends when packets arrive again', async () => {
    stage = await Stage.open({ objects: 5, latencyMs: 0, channel });
    relay = await Relay.open({ port: Number(new URL(stage.controlPlane.url).port) });
    routeThrough(relay.port);
    await stage.startRunner();
    await stage.waitFor('the runner to connect', () => Promise.resolve(welcomes() === 1));
    const { accepted } = relay;
    relay.freeze();
    const frozenAt = performance.now();
    const dialedAt = await untilAccepted(accepted + 1);
    const dialedAgainAt = await untilAccepted(accepted + 2);
    process.stdout.write(
      `${channel}: redialed after ${Math.round(dialedAt - frozenAt)} ms, after a hanging dial after ${Math.round(dialedAgainAt - dialedAt)} ms\n`,
    );
    expect(dialedAt - frozenAt).toBeLessThan(NOTICED_MS);
    expect(dialedAgainAt - dialedAt).toBeLessThan(NOTICED_MS);
    relay.thaw();
    await stage.waitFor('the runner to reconnect', () => Promise.resolve(welcomes() === 2));
    expect(await stage.ended(await stage.startRun())).toMatchObject({ state: 'success' });
  }, 240_000);
});

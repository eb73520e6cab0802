import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fractions, seed } from '../support/property-runs.ts';
import { Relay } from '../support/relay.ts';
import { Stage } from '../support/stage.ts';

const ROUNDS = Number(process.env['KILL_ROUNDS'] ?? 4);
const TIMEOUT = 120_000;
/** How long a frame is on its way, which makes the steps last long enough to be hit. */
const WAY_MS = 200;
/** The new key is on its way; the control plane has it, and its answer is on its way. */
const INSIDE_MS = [0.5 * WAY_MS, 1.5 * WAY_MS];
/** From the proposal to the new session. */
const LONGEST_MS = 4 * WAY_MS;
const DAY = 86_400_000;

interface Settings {
  readonly publicKey: string;
}

interface Keys {
  readonly keys: readonly { readonly publicKey: string }[];
}

describe('kill -9 while the key of the identity is replaced', () => {
  const random = fractions(seed);
  let stage: Stage;
  let relay: Relay;

  beforeAll(async () => {
    stage = await Stage.open({
      objects: 3,
      latencyMs: 0,
      // A control plane that has restarted waits for the end of the leases it cannot know.
      controlPlaneArgs: ['--lease-ttl', '3000', '--heartbeat-interval', '750'],
    });
    const port = Number(new URL(stage.controlPlane.url).port);
    relay = await Relay.open({ port, delayMs: WAY_MS });
    stage.reachControlPlaneThrough(relay.port);
    await stage.startRunner();
  }, TIMEOUT);
  afterAll(async () => {
    await stage.close();
    await relay.close();
  }, TIMEOUT);

  const inState = (name: string): string => join(stage.stateDir, name);
  const read = (path: string): unknown => JSON.parse(readFileSync(inState(path), 'utf8'));
  const keyInForce = (): string => (read('settings.json') as Settings).publicKey;
  const history = (): Keys['keys'] => (read('identity/keys.json') as Keys).keys;

  /** Makes the key in force so old that the next session replaces it. */
  function age(): void {
    const since = new Date(Date.now() - 100 * DAY).toISOString();
    const settings = { ...(read('settings.json') as Settings), enrolledAt: since };
    writeFileSync(inState('settings.json'), JSON.stringify(settings));
    const file = inState('identity/keys.json');
    if (!existsSync(file)) return;
    const keys = history().map((key) => ({ ...key, since }));
    writeFileSync(file, JSON.stringify({ version: 1, keys }));
  }

  const victims = ['link', 'control plane'] as const;
  const kills = Array.from({ length: ROUNDS }, (_, round) =>
    victims.map((victim) => ({
      victim,
      round: round + 1,
      afterMs: INSIDE_MS[round] ?? Math.floor(random() * LONGEST_MS),
    })),
  ).flat();

  it.each(kills)(
    'of the $victim, $afterMs ms after the proposal, leaves both sides with the same key (round $round)',
    async ({ victim, afterMs }) => {
      await stage.stopRunner();
      age();
      const old = keyInForce();
      void stage.startRunner().catch(() => undefined);
      await stage.waitFor('the proposal', () =>
        Promise.resolve(stage.runner.output.includes('proposing a new identity key')),
      );
      await delay(afterMs);
      if (victim === 'link') {
        await stage.runner.end('SIGKILL');
        await stage.startRunner();
      } else {
        await stage.controlPlaneProgram.end('SIGKILL');
        await stage.startControlPlane();
      }
      await stage.waitFor('the new key', () => Promise.resolve(keyInForce() !== old));
      expect((await stage.ended(await stage.startRun())).state).toBe('success');
      const keys = history().map(({ publicKey }) => publicKey);
      expect(keys.at(-1)).toBe(keyInForce());
      expect(new Set(keys).size).toBe(keys.length);
    },
    TIMEOUT,
  );
});

import { setTimeout as delay } from 'node:timers/promises';
import type { ControlPlaneClient } from './control-plane-client.ts';
import type { Display } from './display.ts';
import type { DemoOptions } from './options.ts';
import type { Processes } from './processes.ts';
import {
  enroll,
  runnerProgram,
  storeSecrets,
  writeRunnerFiles,
  type ControlPlane,
  type Place,
  type Sandbox,
} from './setup.ts';

export interface Stage {
  readonly options: DemoOptions;
  readonly display: Display;
  readonly processes: Processes;
  readonly place: Place;
}

/** Enrolls a runner, starts it and waits until it is connected. */
export async function startRunner(
  stage: Stage,
  client: ControlPlaneClient,
  sandbox: Sandbox,
  controlPlane: ControlPlane,
): Promise<void> {
  const { display, place, processes } = stage;
  writeRunnerFiles(place, sandbox, controlPlane, stage.options);
  display.step(
    'enrolling the runner with a one-time token, storing the Salesforce password in the local vault',
  );
  const { token } = await client.call<{ token: string }>('POST', '/api/v1/enrollment-tokens', {
    name: 'demo-runner',
  });
  await enroll(place, controlPlane, token);
  await storeSecrets(place, sandbox);
  processes.start(
    'runner',
    [runnerProgram, 'run', '--config', place.configFile],
    place.log('runner'),
  );
  for (let tries = 0; tries < 200; tries++) {
    const { runners } = await client.call<{ runners: { connected: boolean; channel: string }[] }>(
      'GET',
      '/api/v1/runners',
    );
    const connected = runners.find((runner) => runner.connected);
    if (connected !== undefined) {
      display.log(`runner connected over ${connected.channel}`);
      return;
    }
    await delay(100);
  }
  throw new Error(`the runner did not connect; see ${place.log('runner')}`);
}

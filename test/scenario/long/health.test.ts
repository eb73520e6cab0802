import { spawnSync } from 'node:child_process';
import { closeSync, fstatSync, openSync, readFileSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runnerProgram, Stage } from '../../support/stage.ts';

interface Said {
  readonly code: number | null;
  readonly health: string | undefined;
  readonly text: string;
}

/** What an admin or a health check learns from `status`, over the life of a real runner. */
describe('the health of a runner', () => {
  let stage: Stage;
  let runnerId: string;
  beforeAll(async () => {
    stage = await Stage.open({ objects: 30, latencyMs: 0 });
    ({
      runners: [{ id: runnerId }],
    } = await stage.client.call<{ runners: [{ id: string }] }>('GET', '/api/v1/runners'));
  }, 300_000);
  afterAll(() => stage.close());

  function status(): Said {
    const { status: code, stdout } = spawnSync(
      process.execPath,
      [runnerProgram, 'status', '--json', '--config', stage.place.configFile],
      { encoding: 'utf8' },
    );
    const { health, error } = JSON.parse(stdout) as {
      health?: { name: string; text: string };
      error?: { code: string; message: string };
    };
    return {
      code,
      health: health?.name,
      text: health?.text ?? `${error?.code}: ${error?.message}`,
    };
  }

  async function until(code: number, health: string | undefined, text = ''): Promise<void> {
    let said!: Said;
    await stage
      .waitFor(
        `status ${code} ${health}`,
        async () => {
          said = status();
          return said.code === code && said.health === health && said.text.includes(text);
        },
        30_000,
      )
      .catch((thrown: unknown) => {
        throw new Error(`last answer: ${JSON.stringify(said)}`, { cause: thrown });
      });
  }

  it('is the exit code 69 before the runner has started', async () => {
    await until(69, undefined, 'RUNNER_NOT_RUNNING');
  }, 300_000);

  // Before the control plane is killed: afterwards it holds runs back for the length of a lease.
  it('is logged for a failed run, with the reason', async () => {
    await stage.startRunner();
    await until(0, 'connected', 'connected to');
    await stage.admin('POST', '/faults', {
      match: { path: '/services/Soap/' },
      effect: {
        kind: 'respond',
        status: 500,
        body: '<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"><e:Body><e:Fault><faultcode>sf:INVALID_LOGIN</faultcode><faultstring>INVALID_LOGIN: Invalid username, password, security token; or user locked out.</faultstring></e:Fault></e:Body></e:Envelope>',
      },
    });
    const run = await stage.startRun();
    expect((await stage.ended(run)).state).toBe('failed');
    await stage.waitFor('the line', async () =>
      new RegExp(
        `"level":"error"[^\\n]*${run}[^\\n]*"status":"failed"[^\\n]*"code":"SALESFORCE_LOGIN_FAILED"[^\\n]*"msg":"attempt ended"`,
      ).test(stage.runner.output),
    );
    await stage.admin('DELETE', '/faults');
  }, 300_000);

  it('has a word and an exit code for every state', async () => {
    const policy = join(stage.place.directory, 'policy.yaml');
    renameSync(policy, `${policy}.away`);
    await until(3, 'noPolicy', 'POLICY_MISSING');
    const refused = await stage.startRun();
    expect((await stage.ended(refused)).state).toBe('failed');
    expect(stage.runner.output).toMatch(
      new RegExp(
        `"level":"warn"[^\\n]*${refused}[^\\n]*"code":"POLICY_DENIED"[^\\n]*"msg":"job rejected"`,
      ),
    );
    renameSync(`${policy}.away`, policy);
    await until(0, 'connected');

    await stage.client.call('POST', `/api/v1/runners/${runnerId}/drain`, { reason: 'new disks' });
    await until(0, 'drained', 'new disks');
    await stage.client.call('POST', `/api/v1/runners/${runnerId}/resume`, {});
    await until(0, 'connected');

    await stage.controlPlaneProgram.end('SIGKILL');
    await until(69, 'retrying', 'not connected since');
    await stage.startControlPlane();
    await until(0, 'connected');
  }, 300_000);

  it('includes the reason after the control plane has ended the runner permanently', async () => {
    await stage.client.call('POST', `/api/v1/runners/${runnerId}/revoke`, {});
    await until(77, undefined, 'RUNNER_REVOKED: the runner is not running; it ended at');
    await stage.waitFor('the process to end', async () => stage.runner.exitCode === 77);
  }, 300_000);

  it('is logged with the priorities of the journal', () => {
    const file = join(stage.place.directory, 'journal');
    const descriptor = openSync(file, 'w');
    const { dev, ino } = fstatSync(descriptor, { bigint: true });
    // Revoked above, so it ends by itself.
    const { status: code } = spawnSync(
      process.execPath,
      [runnerProgram, 'run', '--config', stage.place.configFile],
      {
        stdio: ['ignore', descriptor, descriptor],
        env: { ...process.env, JOURNAL_STREAM: `${dev}:${ino}` },
      },
    );
    closeSync(descriptor);
    const lines = readFileSync(file, 'utf8').trim().split('\n');
    expect(code).toBe(77);
    expect(lines.find((line) => line.includes('"runner started"'))).toMatch(/^<6>\{"level":"info"/);
    expect(
      lines
        .filter((line) => line.includes('RUNNER_REVOKED'))
        .every((line) => line.startsWith('<3>')),
    ).toBe(true);
    expect(lines.every((line) => /^<[3467]>/.test(line))).toBe(true);
  });
});

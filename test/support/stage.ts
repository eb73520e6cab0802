import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { ControlPlaneClient, type Run } from '../../demo/control-plane-client.ts';
import { writeRunnerFiles, type ControlPlane, type Place, type Sandbox } from '../../demo/setup.ts';
import type { NetworkChannel } from '../../foundation/src/network/channel-kind.ts';
import { Program } from './program.ts';
import {
  callSandbox,
  copyState,
  createSandboxService,
  enrollRunner,
  mountState,
  runnerProgram,
  secretsOf,
  startControlPlaneProgram,
  startSandboxProgram,
  tableNames,
  writeConfig,
} from './stage-setup.ts';
import { storeInVault } from './vault.ts';

export { runnerProgram };

/** The runner that every stage has, by the name that the demo gives it. */
const FIRST = 'demo-runner';

export interface StageOptions {
  readonly objects: number;
  readonly latencyMs: number;
  readonly channel?: NetworkChannel;
  readonly sandboxArgs?: readonly string[];
  readonly controlPlaneArgs?: readonly string[];
  /** Size of a file system of its own for the runner's state directory. Needs root. */
  readonly stateBytes?: number;
}

/**
 * A sandbox org, a control plane and an enrolled runner as real processes; each can be killed and
 * started again.
 */
export class Stage {
  readonly place: Place;
  readonly options: StageOptions;
  sandbox!: Sandbox;
  controlPlane!: ControlPlane;
  client!: ControlPlaneClient;
  #programs: { sandbox?: Program; controlPlane?: Program } = {};
  readonly #runners = new Map<string, Program>();

  private constructor(options: StageOptions) {
    const directory = mkdtempSync(join(tmpdir(), 'hybrid-runner-'));
    this.options = options;
    this.place = {
      directory,
      configFile: join(directory, 'runner.yaml'),
      resultFile: join(directory, 'result.jsonl'),
      log: (name) => join(directory, `${name}.log`),
    };
  }

  static async open(options: StageOptions): Promise<Stage> {
    const stage = new Stage(options);
    try {
      if (options.stateBytes !== undefined) mountState(stage.stateDir, options.stateBytes);
      await Promise.all([stage.#startSandbox(), stage.startControlPlane()]);
      writeRunnerFiles(stage.place, stage.sandbox, stage.controlPlane, {
        objects: options.objects,
        latencyMs: 0,
        channel: options.channel ?? 'ws',
        json: true,
        keep: false,
      });
      await stage.store(secretsOf(stage.sandbox));
      await stage.#enroll();
      await stage.createService();
      return stage;
    } catch (thrown) {
      await stage.close();
      throw thrown;
    }
  }

  get runner(): Program {
    return this.#runners.get(FIRST)!;
  }

  get controlPlaneProgram(): Program {
    return this.#programs.controlPlane!;
  }

  get stateDir(): string {
    return join(this.place.directory, 'runner');
  }

  /** Puts secrets, by reference, into the runner's vault. */
  store(secrets: Readonly<Record<string, string>>): Promise<void> {
    return storeInVault(this.stateDir, join(this.place.directory, 'vault.key'), secrets);
  }

  /**
   * Installs and enrolls one more runner on this machine, with the same policy and secrets and a
   * state directory of its own.
   */
  async addRunner(name: string): Promise<void> {
    const stateDir = join(this.place.directory, name);
    const keyFile = join(this.place.directory, `${name}.key`);
    const changes = { name, stateDir, secrets: { vault: { keyFile } } };
    writeConfig(this.place, this.#configFileOf(name), () => changes);
    await storeInVault(stateDir, keyFile, secretsOf(this.sandbox));
    await this.#enroll(name);
  }

  /**
   * Starts a runner, the first one unless another is named, and waits until the control plane sees
   * it.
   */
  async startRunner(name = FIRST): Promise<void> {
    this.#runners.set(
      name,
      Program.start([runnerProgram, 'run', '--config', this.#configFileOf(name)]),
    );
    await this.waitFor('the runner to connect', async () => {
      const { runners } = await this.client.call<{
        runners: { name: string; connected: boolean }[];
      }>('GET', '/api/v1/runners');
      return runners.some((runner) => runner.name === name && runner.connected);
    });
  }

  /**
   * Copies the first runner's state directory and starts a runner on the copy, as another machine
   * would: what names processes of this machine (lock, workers in the journal of the spool) is left
   * out.
   */
  startCopy(name: string): Program {
    const stateDir = join(this.place.directory, name);
    copyState(this.stateDir, stateDir);
    writeConfig(this.place, this.#configFileOf(name), () => ({ stateDir }));
    const program = Program.start([runnerProgram, 'run', '--config', this.#configFileOf(name)]);
    this.#runners.set(name, program);
    return program;
  }

  /** Runners started from now on reach the control plane through another port of this machine. */
  reachControlPlaneThrough(port: number): void {
    const route = `${new URL(this.controlPlane.url).host}=127.0.0.1:${port}`;
    writeConfig(this.place, this.place.configFile, ({ network }) => ({
      network: { ...network, connectTo: [...network.connectTo, route] },
    }));
  }

  async stopRunner(name = FIRST, signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    await this.#runners.get(name)?.end(signal);
  }

  /** Starts the control plane; again on the same port and store after a kill. */
  async startControlPlane(): Promise<void> {
    const { program, ready } = await startControlPlaneProgram(
      this.place,
      this.options,
      this.controlPlane,
    );
    this.#programs.controlPlane = program;
    this.controlPlane = ready;
    this.client?.close();
    this.client = new ControlPlaneClient(
      this.controlPlane.console,
      readFileSync(this.controlPlane.adminTokenFile, 'utf8').trim(),
      readFileSync(this.controlPlane.caFile, 'utf8'),
    );
  }

  async createService(connection: Readonly<Record<string, unknown>> = {}): Promise<void> {
    await createSandboxService(this.client, this.sandbox, connection);
  }

  async startRun(options: { readonly fullRun?: boolean } = {}): Promise<string> {
    return (await this.client.call<Run>('POST', '/api/v1/pipelines/metadata/runs', options)).id;
  }

  /** Waits until a run satisfies `condition`. */
  async runWhen(
    id: string,
    what: string,
    condition: (run: Run & Readonly<Record<string, unknown>>) => boolean,
  ): Promise<Run> {
    let seen!: Run;
    await this.waitFor(what, async () => {
      const run = await this.client.call<Run & Record<string, unknown>>(
        'GET',
        `/api/v1/runs/${id}`,
      );
      seen = run;
      return condition(run);
    });
    return seen;
  }

  ended(id: string): Promise<Run> {
    return this.runWhen(id, 'the run to end', (run) =>
      ['success', 'partialSuccess', 'failed', 'cancelled', 'expired'].includes(run.state),
    );
  }

  /** Names of all tables in the catalog. */
  tables(): Promise<string[]> {
    return tableNames(this.client);
  }

  /** Calls the admin endpoint of the sandbox org. */
  admin<T>(method: string, path: string, body?: unknown): Promise<T> {
    return callSandbox(this.sandbox, method, path, body);
  }

  async waitFor(what: string, condition: () => Promise<boolean>, ms = 240_000): Promise<void> {
    for (const end = Date.now() + ms; Date.now() < end; await delay(50)) {
      if (await condition().catch(() => false)) return;
    }
    throw new Error(
      `waited ${ms} ms for ${what}; the runner said:\n${[...this.#runners.values()].at(-1)?.output.slice(-4000) ?? 'nothing'}\nthe control plane said:\n${this.#programs.controlPlane?.output.slice(-4000) ?? 'nothing'}`,
    );
  }

  async close(): Promise<void> {
    this.client?.close();
    const { controlPlane, sandbox } = this.#programs;
    await Promise.all([...this.#runners.values()].map((runner) => runner.end('SIGTERM')));
    await Promise.all([controlPlane?.end('SIGTERM'), sandbox?.end('SIGTERM')]);
    if (this.options.stateBytes !== undefined) execFileSync('umount', ['--lazy', this.stateDir]);
    rmSync(this.place.directory, { recursive: true, force: true });
  }

  async #startSandbox(): Promise<void> {
    const { program, ready } = await startSandboxProgram(this.place, this.options);
    this.#programs.sandbox = program;
    this.sandbox = ready;
  }

  #enroll(name = FIRST): Promise<void> {
    return enrollRunner(this.client, this.place, this.controlPlane.url, this.#configFileOf(name));
  }

  #configFileOf(name: string): string {
    return name === FIRST ? this.place.configFile : join(this.place.directory, `${name}.yaml`);
  }
}

import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { passwordReference, tokenReference } from '../../demo/setup.ts';
import { AirflowClient } from '../support/openmetadata-server/airflow-client.ts';
import { Interface } from '../support/openmetadata-server/ui.ts';
import type { RunStatus, IngestionPipeline } from '../support/openmetadata-server/ui.ts';
import type { Json } from '../support/openmetadata-server/store.ts';
import { Relay } from '../support/relay.ts';
import { Stage } from '../support/stage.ts';
import type { FlowOptions } from './options.ts';
import type { ServerSettings, Target } from './target.ts';

const root = resolve(import.meta.dirname, '../..');
const run = promisify(execFile);
const ENDED = ['success', 'partialSuccess', 'failed', 'stopped'];
const WAIT_MS = 900_000;
const SHORT_LEASES = ['--lease-ttl', '8000', '--heartbeat-interval', '1000'];
const ADD = ['openmetadata', 'add', '--name', 'prod', '--json'];

export interface Addresses {
  /** REST API of the server. */
  readonly server: string;
  readonly caFile: string | undefined;
  /** The control plane. */
  readonly url: string;
  readonly controlPlaneCa: string;
}

/**
 * A sandbox org, a control plane, a runner behind a link that can be cut, and the server that uses
 * them.
 */
export class Scene {
  readonly stage: Stage;
  readonly target: Target;
  readonly ui: Interface;
  readonly link: Relay;
  /** Goes into every name, so that a server can be used again. */
  readonly prefix = `flow${Date.now().toString(36)}`;
  #server: AirflowClient | undefined;

  private constructor(stage: Stage, target: Target, link: Relay) {
    this.stage = stage;
    this.target = target;
    this.link = link;
    this.ui = new Interface(target.admin, 500);
  }

  static async open(options: FlowOptions, target: Target): Promise<Scene> {
    const stage = await Stage.open({
      objects: options.objects,
      latencyMs: 30,
      controlPlaneArgs: [
        ...(options.port === 0 ? [] : ['--port', `${options.port}`]),
        ...SHORT_LEASES,
      ],
    });
    const port = Number(new URL(stage.controlPlane.url).port);
    const link = await Relay.open({ port });
    stage.reachControlPlaneThrough(link.port);
    return new Scene(stage, target, link);
  }

  /** `control-plane openmetadata add`. */
  async addEndpoint(addresses: Addresses): Promise<ServerSettings> {
    const { server, caFile, url, controlPlaneCa } = addresses;
    const { stdout } = await run(process.execPath, [
      join(root, 'control-plane/src/main.ts'),
      ...ADD,
      '--server',
      server,
      '--url',
      url,
      '--data',
      join(this.stage.place.directory, 'control-plane'),
      ...(caFile === undefined ? [] : ['--ca', caFile]),
    ]);
    const { serverSettings } = JSON.parse(stdout) as { serverSettings: ServerSettings };
    const account = {
      endpoint: serverSettings['PIPELINE_SERVICE_CLIENT_ENDPOINT']!,
      username: serverSettings['AIRFLOW_USERNAME']!,
      password: serverSettings['AIRFLOW_PASSWORD']!,
      caPem: readFileSync(controlPlaneCa, 'utf8'),
      metadataApiEndpoint: server,
    };
    this.#server = new AirflowClient(account, '1.12.6');
    return serverSettings;
  }

  /** Calls the control plane as the server does, for what the interface has no field for. */
  get asServer(): AirflowClient {
    if (this.#server === undefined) throw new Error('no endpoint was added');
    return this.#server;
  }

  /** The connection that people enter. */
  connection(more: Json = {}): Json {
    return {
      type: 'Salesforce',
      username: this.stage.sandbox.credentials.username,
      password: passwordReference,
      securityToken: tokenReference,
      salesforceDomain: this.stage.sandbox.myDomain,
      ...more,
    };
  }

  name(suffix: string): string {
    return `${this.prefix}-${suffix}`;
  }

  /** A service with a deployed pipeline. */
  async deployed(
    suffix: string,
    schedule: string | null = null,
  ): Promise<{
    readonly service: string;
    readonly id: string;
    readonly pipeline: IngestionPipeline;
  }> {
    const service = this.name(suffix);
    const id = await this.ui.createService(service, this.connection());
    const pipeline = await this.ui.createPipeline(id, `${service}-metadata`, {}, schedule);
    await this.ui.deploy(pipeline);
    return { service, id, pipeline };
  }

  /** Triggers a run and waits for its end. */
  async runToEnd(
    pipeline: IngestionPipeline,
    trigger: () => Promise<unknown> = () => this.ui.trigger(pipeline),
  ): Promise<RunStatus> {
    const before = await this.runIds(pipeline);
    await trigger();
    return await this.endOfNext(pipeline, before);
  }

  async runIds(pipeline: IngestionPipeline): Promise<ReadonlySet<string>> {
    return new Set((await this.ui.statuses(pipeline)).map(({ runId }) => runId));
  }

  /** Waits for the end of the first run that is not in `before`. */
  async endOfNext(pipeline: IngestionPipeline, before: ReadonlySet<string>): Promise<RunStatus> {
    return await this.statusWhen(
      pipeline,
      'a run to end',
      ({ runId, pipelineState }) => !before.has(runId) && ENDED.includes(pipelineState),
    );
  }

  async statusWhen(
    pipeline: IngestionPipeline,
    what: string,
    condition: (status: RunStatus) => boolean,
    limitMs = WAIT_MS,
  ): Promise<RunStatus> {
    let seen: readonly RunStatus[] = [];
    for (const end = Date.now() + limitMs; Date.now() < end; await delay(200)) {
      seen = await this.ui.statuses(pipeline).catch(() => seen);
      const found = seen.find(condition);
      if (found !== undefined) return found;
    }
    const states = seen.map(({ runId, pipelineState }) => `${runId} ${pipelineState}`).join(', ');
    throw new Error(`waited ${limitMs / 1000} s for ${what}; the server has: ${states}`);
  }

  /** What the control plane and the runner printed last. */
  output(): string {
    const { runner, controlPlaneProgram } = this.stage;
    return `the runner said:\n${runner?.output.slice(-2000) ?? ''}\nthe control plane said:\n${controlPlaneProgram.output.slice(-6000)}`;
  }

  /** Where control plane and server find each other when nothing stands between them. */
  addresses(): Addresses {
    const { controlPlane } = this.stage;
    const url = controlPlane.console.replace(/\/$/, '');
    return { ...this.target, url, controlPlaneCa: controlPlane.caFile };
  }

  async close(): Promise<void> {
    this.#server?.close();
    await this.stage.close();
    await this.link.close();
  }
}

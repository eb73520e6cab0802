import { randomUUID } from 'node:crypto';
import type { AirflowClient } from './airflow-client.ts';
import { applyPatch, type Operation } from './json-patch.ts';
import { notFound, Problem } from './problem.ts';
import { encrypted, masked, unmasked, withDefaults } from './secrets.ts';
import type { Json } from './store.ts';

export interface AutomationsDeps {
  readonly client: () => AirflowClient | undefined;
  readonly serverConnection: () => Json;
  /** The stored connection of a service. */
  readonly connectionOf: (service: string) => Json | undefined;
}

/** Automation workflows: a connection test in the interface is one. */
export class Automations {
  readonly #workflows = new Map<string, Json>();
  readonly #deps: AutomationsDeps;

  constructor(deps: AutomationsDeps) {
    this.#deps = deps;
  }

  create(request: Json): Json {
    const name = String(request['name']);
    if ([...this.#workflows.values()].some((workflow) => workflow['name'] === name))
      throw new Problem(409, 'Entity already exists');
    const { serviceName } = request['request'] as Json;
    const stored =
      typeof serviceName === 'string' ? this.#deps.connectionOf(serviceName) : undefined;
    const workflow: Json = withConfig(
      {
        ...structuredClone(request),
        id: randomUUID(),
        fullyQualifiedName: name,
        version: 0.1,
        updatedAt: Date.now(),
        deleted: false,
      },
      (config) => withDefaults(unmasked(config, stored)),
    );
    this.#workflows.set(String(workflow['id']), workflow);
    return workflow;
  }

  /** With the secrets for a bot, masked for people. */
  shown(id: string, bot: boolean): Json {
    const workflow = this.#get(id);
    return bot ? workflow : withConfig(workflow, masked);
  }

  patch(id: string, operations: readonly Operation[], bot: boolean): Json {
    // Edits of one person soon after each other are one version.
    this.#workflows.set(id, { ...applyPatch(this.#get(id), operations), version: 0.2 });
    return this.shown(id, bot);
  }

  /** The pipeline service gets the secrets encrypted; it reads them again as the bot. */
  async trigger(id: string): Promise<Json> {
    const workflow = withConfig(this.#get(id), encrypted);
    const client = this.#deps.client();
    if (client === undefined) return { code: 200, reason: 'Pipeline Client Disabled' };
    return await client.runAutomation({
      ...workflow,
      openMetadataServerConnection: this.#deps.serverConnection(),
    });
  }

  delete(id: string): Json {
    const workflow = this.shown(id, false);
    this.#workflows.delete(id);
    return workflow;
  }

  #get(id: string): Json {
    const workflow = this.#workflows.get(id);
    if (workflow === undefined) throw notFound('workflow', id);
    return workflow;
  }
}

function withConfig(workflow: Json, change: (config: Json) => Json): Json {
  const request = workflow['request'] as Json;
  const connection = request['connection'] as Json;
  return {
    ...workflow,
    request: {
      ...request,
      connection: { ...connection, config: change(connection['config'] as Json) },
    },
  };
}

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import { runWell } from '../install/run.ts';
import type { KubernetesObject } from './kubernetes-schemas.ts';

/** The module of the Prometheus operator, which has the definitions of its resources. */
const OPERATOR = 'github.com/prometheus-operator/prometheus-operator@v0.85.0';
const DEFINITION = 'jsonnet/prometheus-operator/servicemonitors-crd.json';

interface Definition {
  readonly spec: {
    readonly versions: readonly {
      readonly name: string;
      readonly schema: { readonly openAPIV3Schema: Schema };
    }[];
  };
}

interface Schema {
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly items?: Schema;
  readonly additionalProperties?: Schema | boolean;
  readonly 'x-kubernetes-preserve-unknown-fields'?: boolean;
}

/** Checks a ServiceMonitor against the definition that the operator installs in a cluster. */
export class ServiceMonitorSchema {
  readonly #validate: ValidateFunction;

  private constructor(definition: Definition) {
    const [version] = definition.spec.versions;
    const ajv = new Ajv2020({ strict: false, validateFormats: false });
    this.#validate = ajv.compile(closed(version!.schema.openAPIV3Schema));
  }

  static async load(): Promise<ServiceMonitorSchema> {
    const downloaded = await runWell('go', ['mod', 'download', '-json', OPERATOR]);
    const { Dir } = JSON.parse(downloaded) as { readonly Dir: string };
    const file = join(Dir, DEFINITION);
    if (!existsSync(file)) throw new Error(`${OPERATOR} has no ${DEFINITION}`);
    return new ServiceMonitorSchema(JSON.parse(readFileSync(file, 'utf8')) as Definition);
  }

  /** What is wrong with the object; empty if nothing is. */
  errorsOf(object: KubernetesObject): unknown[] {
    return this.#validate(object) ? [] : this.#validate.errors!;
  }
}

/** A cluster drops unknown fields silently; here they are errors. */
function closed(schema: Schema): Schema {
  const { properties, items, additionalProperties } = schema;
  const isOpen =
    properties === undefined ||
    additionalProperties !== undefined ||
    schema['x-kubernetes-preserve-unknown-fields'] === true;
  return {
    ...schema,
    ...(items === undefined ? {} : { items: closed(items) }),
    ...(properties === undefined
      ? {}
      : {
          properties: Object.fromEntries(
            Object.entries(properties).map(([name, value]) => [name, closed(value)]),
          ),
        }),
    ...(isOpen ? {} : { additionalProperties: false }),
  };
}

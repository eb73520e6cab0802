import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
} from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import { runWell } from '../install/run.ts';

/** A PyPI package that has the JSON schemas of Kubernetes, closed to unknown fields. */
const PACKAGE = 'kubernetes-validate';
const VERSION = '1.37.0';
const SCHEMAS = 'kubernetes_validate/kubernetes-json-schema';

export interface KubernetesObject {
  readonly apiVersion: string;
  readonly kind: string;
}

/** Checks objects against the schemas of one version of Kubernetes. */
export class KubernetesSchemas {
  readonly #directory: string;
  readonly #ajv = new Ajv2020({ strict: false, validateFormats: false });
  readonly #known = new Map<string, ValidateFunction>();

  private constructor(directory: string) {
    this.#directory = directory;
    this.#ajv.addSchema(this.#read('_definitions.json'), '/api/_definitions.json');
  }

  static async load(kubernetes: string): Promise<KubernetesSchemas> {
    const cache = join(homedir(), '.cache/hybrid-ingestion-runner');
    const home = join(cache, `${PACKAGE}-${VERSION}`);
    if (!existsSync(home)) await download(cache, home);
    return new KubernetesSchemas(join(home, SCHEMAS, `v${kubernetes}-local-strict`));
  }

  /** What is wrong with the object; empty if nothing is. */
  errorsOf(object: KubernetesObject): unknown[] {
    const validate = this.#validatorOf(object);
    return validate(object) ? [] : validate.errors!;
  }

  #validatorOf({ apiVersion, kind }: KubernetesObject): ValidateFunction {
    const [group = '', version] = apiVersion.includes('/')
      ? apiVersion.split('/')
      : [undefined, apiVersion];
    const name = [kind, group.split('.')[0], version].filter((part) => part !== '').join('-');
    const file = `${name.toLowerCase()}.json`;
    const validate = this.#known.get(file) ?? this.#ajv.compile(this.#read(file));
    this.#known.set(file, validate);
    return validate;
  }

  #read(file: string): object {
    return JSON.parse(readFileSync(join(this.#directory, file), 'utf8')) as object;
  }
}

async function download(cache: string, home: string): Promise<void> {
  mkdirSync(cache, { recursive: true });
  const scratch = mkdtempSync(join(cache, 'schemas-'));
  try {
    await runWell('python3', ['-m', 'venv', join(scratch, 'venv')]);
    await runWell(join(scratch, 'venv/bin/pip'), [
      'download',
      '--quiet',
      '--no-deps',
      '--dest',
      join(scratch, 'wheels'),
      `${PACKAGE}==${VERSION}`,
    ]);
    const wheel = join(scratch, 'wheels', readdirSync(join(scratch, 'wheels'))[0]!);
    const unpacked = join(scratch, 'unpacked');
    await runWell('python3', ['-m', 'zipfile', '--extract', wheel, unpacked]);
    renameSync(unpacked, home);
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { Ajv, type ValidateFunction } from 'ajv';

/**
 * OpenMetadata's own JSON Schemas, where a copy of its `spec/.../json/schema` folder is at hand:
 * named by OPENMETADATA_SCHEMAS, or in `../shared/openmetadata-schemas` beside this checkout.
 */
const root = resolve(
  process.env['OPENMETADATA_SCHEMAS'] ??
    join(import.meta.dirname, '../../../shared/openmetadata-schemas'),
);

export const openMetadataSchemasPresent = existsSync(join(root, 'api/data/createTable.json'));

let loaded: Ajv | undefined;

/** Formats are not checked: the server's own are looser than the standard's. */
function ajv(): Ajv {
  if (loaded !== undefined) return loaded;
  loaded = new Ajv({ strict: false, validateFormats: false, allErrors: true });
  const paths = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter((name) =>
    name.endsWith('.json'),
  );
  const texts = new Map(
    paths.map((path) => [
      `https://openmetadata.invalid/${path}`,
      readFileSync(join(root, path), 'utf8'),
    ]),
  );
  for (const [id, text] of texts)
    loaded.addSchema({ ...(JSON.parse(text, asModelsRead) as object), $id: id }, id);
  for (const [id, definitions] of missing(texts))
    loaded.addSchema({ $id: id, definitions: Object.fromEntries(definitions) }, id);
  return loaded;
}

/**
 * The range of a column profile is exactly one of number, integer, date, text and so on, of which
 * every whole number is two. The models that OpenMetadata generates from it, in Java (any object)
 * and Python (a union), take what is one at least.
 */
function asModelsRead(_key: string, value: unknown): unknown {
  if (
    typeof value !== 'object' ||
    value === null ||
    !('oneOf' in value) ||
    !Array.isArray(value.oneOf)
  )
    return value;
  const types = value.oneOf.map((branch: { readonly type?: string }) => branch.type);
  if (!types.includes('number') || !types.includes('integer')) return value;
  const { oneOf, ...rest } = value;
  return { ...rest, anyOf: oneOf };
}

/** Schemas that the copy refers to and lacks, with definitions that take anything. */
function missing(texts: ReadonlyMap<string, string>): Map<string, Map<string, object>> {
  const stubs = new Map<string, Map<string, object>>();
  for (const [id, text] of texts) {
    for (const match of text.matchAll(
      /"\$ref":\s*"(?<file>[^"#]+)(?:#\/definitions\/(?<name>[^"]+))?/g,
    )) {
      const target = new URL(match.groups!['file']!, id).href;
      if (texts.has(target)) continue;
      const stub = stubs.get(target) ?? new Map<string, object>();
      stubs.set(target, stub.set(match.groups!['name'] ?? 'any', {}));
    }
  }
  return stubs;
}

/** A validator for one of the schemas, for example `api/data/createTable.json`. */
export function openMetadataValidator(path: string): ValidateFunction {
  const validate = ajv().getSchema(`https://openmetadata.invalid/${path}`);
  if (validate === undefined) throw new Error(`no schema at ${path}`);
  return validate;
}

/** One of the schemas as it is. */
export function openMetadataSchema(path: string): Readonly<Record<string, unknown>> {
  return JSON.parse(readFileSync(join(root, path), 'utf8')) as Readonly<Record<string, unknown>>;
}

/** The schema of each entity type's create request. */
export const CREATE_REQUEST_SCHEMAS = {
  databaseService: 'api/services/createDatabaseService.json',
  database: 'api/data/createDatabase.json',
  databaseSchema: 'api/data/createDatabaseSchema.json',
  table: 'api/data/createTable.json',
} as const;

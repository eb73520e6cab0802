/** Catalog records. Unknown fields are ignored: the runner may be newer. */
import { z } from 'zod';

const Json = z.record(z.string(), z.unknown());
const Fqn = z.string().min(1).max(3072);

const EntityShape = z.object({
  kind: z.literal('entity'),
  type: z.string().min(1).max(100),
  fqn: Fqn,
  request: Json,
  properties: Json.default({}),
});
const ClassificationShape = z.object({
  kind: z.literal('classification'),
  name: Fqn,
  description: z.string().default(''),
});
const TagShape = z.object({
  kind: z.literal('tag'),
  classification: Fqn,
  name: Fqn,
  description: z.string().default(''),
});
const ProfileShape = z.object({ kind: z.literal('profile'), table: Fqn, request: Json });
const SampleShape = z.object({ kind: z.literal('sampleData'), table: Fqn, request: Json });
const LineageShape = z.object({
  kind: z.literal('lineage'),
  from: Fqn,
  to: Fqn,
  details: Json.default({}),
});
/** Entities that have not changed since they were last sent. */
const UnchangedShape = z.object({
  kind: z.literal('unchanged'),
  type: z.string().default('table'),
  fqn: Fqn.optional(),
  fqns: z.array(Fqn).default([]),
});
const DeletionShape = z.object({ kind: z.literal('deletion'), type: z.string(), fqn: Fqn });
const Patterns = z.array(z.string().max(1024)).max(200);
const ScopeShape = z.object({
  names: z.array(z.string()).optional(),
  includes: Patterns.default([]),
  excludes: Patterns.default([]),
  qualified: z.boolean().default(false),
});
/**
 * An invalid scope makes the record invalid: without it, too many entities would count as removed.
 */
const SweepShape = z.object({
  kind: z.literal('sweep'),
  type: z.enum(['table', 'storedProcedure', 'databaseSchema', 'database']),
  parent: Fqn,
  keep: z.array(z.string()),
  after: Fqn.optional(),
  upTo: Fqn.optional(),
  among: ScopeShape.optional(),
});
export type Sweep = z.infer<typeof SweepShape>;

const LineageSweepShape = z.object({
  kind: z.literal('lineageSweep'),
  parent: Fqn,
  tables: z.array(z.string()),
  source: z.string().min(1),
});

const CatalogRecordShape = z.discriminatedUnion('kind', [
  EntityShape,
  ClassificationShape,
  TagShape,
  ProfileShape,
  SampleShape,
  LineageShape,
  UnchangedShape,
  DeletionShape,
  SweepShape,
  LineageSweepShape,
]);

type EntityFields = Omit<z.infer<typeof EntityShape>, 'kind'>;

export type CatalogRecord =
  | ({ readonly kind: 'entity' } & EntityFields)
  | {
      readonly kind: 'lineage';
      readonly from: string;
      readonly to: string;
      readonly details: Readonly<Record<string, unknown>>;
    }
  | { readonly kind: 'unchanged'; readonly type: string; readonly fqns: readonly string[] }
  | { readonly kind: 'deletion'; readonly type: string; readonly fqn: string }
  | Sweep
  | {
      readonly kind: 'lineageSweep';
      readonly parent: string;
      readonly tables: readonly string[];
      readonly source: string;
    };

/**
 * Undefined for any other record and for an invalid one. Tags, profiles and samples become entities
 * with their own types.
 */
export function catalogRecordOf(
  value: Readonly<Record<string, unknown>>,
): CatalogRecord | undefined {
  const parsed = CatalogRecordShape.safeParse(value);
  if (!parsed.success) return undefined;
  const record = parsed.data;
  switch (record.kind) {
    case 'classification':
      return entityRecord('classification', fqnOf(record.name), {
        name: record.name,
        description: record.description,
      });
    case 'tag': {
      const { classification, name, description } = record;
      return entityRecord('tag', fqnOf(classification, name), {
        name,
        classification,
        description,
      });
    }
    case 'profile':
      return entityRecord('tableProfile', record.table, record.request);
    case 'sampleData':
      return entityRecord('sampleData', record.table, record.request);
    case 'unchanged':
      return {
        kind: 'unchanged',
        type: record.type,
        fqns: [...record.fqns, ...(record.fqn === undefined ? [] : [record.fqn])],
      };
    default:
      return record;
  }
}

function entityRecord(
  type: string,
  fqn: string,
  request: Readonly<Record<string, unknown>>,
): CatalogRecord {
  return { kind: 'entity', type, fqn, request, properties: {} };
}

/** Joins the parts of a fully qualified name. */
function fqnOf(...parts: readonly string[]): string {
  return parts.map(quoted).join('.');
}

/**
 * A part of a fully qualified name, quoted as in OpenMetadata when it contains a dot or a quote.
 */
export function quoted(part: string): string {
  return /[."]/.test(part) ? `"${part.replaceAll('"', String.raw`\"`)}"` : part;
}

/** Entities outside the service hierarchy: each service keeps its own copy. */
const SERVICE_INDEPENDENT: ReadonlySet<string> = new Set(['classification', 'tag']);

/** Whether a run of the service may write the record: only about its own service. */
export function canWrite(service: string, record: CatalogRecord): boolean {
  switch (record.kind) {
    case 'entity':
      return SERVICE_INDEPENDENT.has(record.type) || belongsTo(service, record.fqn);
    case 'deletion':
      return belongsTo(service, record.fqn);
    case 'lineage':
      return belongsTo(service, record.from) && belongsTo(service, record.to);
    case 'sweep':
    case 'lineageSweep':
      return belongsTo(service, record.parent);
    default:
      return true;
  }
}

/** Whether the name is that of the service or of something below it. */
export function belongsTo(service: string, fqn: string): boolean {
  const name = quoted(service);
  return fqn === name || fqn.startsWith(`${name}.`);
}

/** Not counted as entities of a run, because they describe another entity. */
const AUXILIARY_TYPES: ReadonlySet<string> = new Set([
  'classification',
  'tag',
  'tableProfile',
  'sampleData',
]);

export function isCounted(type: string): boolean {
  return !AUXILIARY_TYPES.has(type);
}

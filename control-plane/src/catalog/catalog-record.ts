/** What a record says about the catalog. Fields beside those named are ignored: the runner may be newer. */
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
/** An entity, or many, that the source still has just as they were sent before. */
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
/** A scope that cannot be read makes the whole unreadable: without it more would be taken for gone than is. */
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

type Described = Omit<z.infer<typeof EntityShape>, 'kind'>;

export type CatalogRecord =
  | ({ readonly kind: 'entity' } & Described)
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

/** Undefined for a record about anything else, and for one that cannot be read. Tags and figures become entities of a type of their own. */
export function catalogRecordOf(
  value: Readonly<Record<string, unknown>>,
): CatalogRecord | undefined {
  const parsed = CatalogRecordShape.safeParse(value);
  if (!parsed.success) return undefined;
  const record = parsed.data;
  switch (record.kind) {
    case 'classification':
      return described('classification', nameOf(record.name), {
        name: record.name,
        description: record.description,
      });
    case 'tag': {
      const { classification, name, description } = record;
      return described('tag', nameOf(classification, name), { name, classification, description });
    }
    case 'profile':
      return described('tableProfile', record.table, record.request);
    case 'sampleData':
      return described('sampleData', record.table, record.request);
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

function described(
  type: string,
  fqn: string,
  request: Readonly<Record<string, unknown>>,
): CatalogRecord {
  return { kind: 'entity', type, fqn, request, properties: {} };
}

/** OpenMetadata puts a part that holds a dot or a quote in quotes. */
function nameOf(...parts: readonly string[]): string {
  return parts.map(quoted).join('.');
}

/** A part of a fully qualified name. */
export function quoted(part: string): string {
  return /[."]/.test(part) ? `"${part.replaceAll('"', '\\"')}"` : part;
}

/** Entities that hang under no service: each service keeps its own copy of them. */
const OF_NO_SERVICE: ReadonlySet<string> = new Set(['classification', 'tag']);

/** A run writes about its own service only. A name with a dot in it stands in quotes. */
export function mayWrite(service: string, record: CatalogRecord): boolean {
  switch (record.kind) {
    case 'entity':
      return OF_NO_SERVICE.has(record.type) || belongsTo(service, record.fqn);
    case 'lineage':
      return belongsTo(service, record.from) && belongsTo(service, record.to);
    case 'sweep':
    case 'lineageSweep':
      return belongsTo(service, record.parent);
    default:
      return true;
  }
}

function belongsTo(service: string, fqn: string): boolean {
  return [service, `"${service}"`].some((name) => fqn === name || fqn.startsWith(`${name}.`));
}

/** What the count of a run's entities leaves out: these say something about an entity that is counted. */
const ABOUT_OTHERS: ReadonlySet<string> = new Set([
  'classification',
  'tag',
  'tableProfile',
  'sampleData',
]);

export function isCounted(type: string): boolean {
  return !ABOUT_OTHERS.has(type);
}

import type { Query } from '@jetstreamapp/soql-parser-js';
import { ApiError } from '../errors.ts';
import { conjuncts, type Comparison, type Expression } from './expression.ts';
import { malformed, unsupported } from './query-error.ts';

const BATCH = 2000;
const STORAGE =
  'The requested operation is not yet supported by this SObject storage type, contact salesforce.com support for more information.';
const EQUALS = new Set(['=', 'IN', 'LIKE']);
const ORDER = new Set(['<', '<=', '>', '>=']);
/**
 * Describes of catalog objects call it filterable. Programs in use compare other filterable columns
 * of them with `>`, although Salesforce's guide has an example of `!=` that is rejected.
 */
const ORDERED = 'LastModifiedDate';
const PER_ENTITY = new Set(['FieldDefinition', 'EntityParticle']);
const ENTITY_PATHS = new Set([
  'entitydefinitionid',
  'entitydefinition.qualifiedapiname',
  'entitydefinition.durableid',
  'entitydefinition.developername',
]);

/**
 * Rejects what catalog objects do not support, with Salesforce's messages. Returns the entities
 * that the filter names, if any.
 */
export function checkCatalogQuery(
  type: string,
  query: Query,
  filter: Expression | null,
): readonly string[] | null {
  const functions =
    query.fields?.some((field) => field.type === 'FieldFunctionExpression') ?? false;
  if (query.groupBy || functions) throw unsupported(STORAGE);
  const comparisons = conjuncts(filter);
  if (!comparisons) throw unsupported('Disjunctions not supported');
  for (const { operator, path } of comparisons) {
    if (operator === 'INCLUDES' || operator === 'EXCLUDES')
      throw unsupported('Unsupported filter type');
    if (ORDER.has(operator) && path.toLowerCase() === ORDERED.toLowerCase()) continue;
    if (!EQUALS.has(operator)) throw unsupported('Only equals comparisons permitted');
  }
  return PER_ENTITY.has(type) ? namedEntities(type, comparisons) : null;
}

/**
 * The durable ids of the entities that a filter on an ordinary table is limited to; a hint for
 * tables.
 */
export function narrowedEntities(filter: Expression | null): readonly string[] | null {
  const by = (conjuncts(filter) ?? []).find(
    ({ path, operator }) =>
      path.toLowerCase() === 'entitydefinitionid' && (operator === '=' || operator === 'IN'),
  );
  return by?.values.map(String) ?? null;
}

function namedEntities(type: string, comparisons: readonly Comparison[]): readonly string[] {
  const byEntity = comparisons.find(
    ({ path, operator }) => ENTITY_PATHS.has(path.toLowerCase()) && operator !== 'LIKE',
  );
  if (byEntity) return byEntity.values.map(String);
  const byId = comparisons.find(
    ({ path, operator }) => path.toLowerCase() === 'durableid' && operator !== 'LIKE',
  );
  if (byId) return byId.values.map((value) => String(value).split('.')[0] ?? '');
  throw malformed(
    `${type}: a filter on a reified column is required [EntityDefinitionId,DurableId]`,
  );
}

/** Catalog objects return one batch and have no query locator. */
export function checkBatch(type: string, rows: number): void {
  if (rows <= BATCH) return;
  throw new ApiError(
    400,
    'EXCEEDED_ID_LIMIT',
    `${type} does not support queryMore(), use LIMIT to restrict the results to a single batch`,
  );
}

/** Metadata and FullName require a query for one record. */
export function checkSingleRow(query: Query, rows: number): void {
  const heavy = query.fields?.some(
    (field) => field.type === 'Field' && /^(metadata|fullname)$/i.test(field.field),
  );
  if (!heavy || rows <= 1) return;
  const rule = 'the query qualifications must specify no more than one row for retrieval';
  throw malformed(
    `When retrieving results with Metadata or FullName fields, ${rule}. Result size: ${rows}`,
  );
}

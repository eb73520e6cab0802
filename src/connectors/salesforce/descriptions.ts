import { z } from 'zod';
import type { Logger } from '../../observability/logger.ts';
import { RunnerError } from '../../runtime/errors.ts';
import type { SalesforceApi } from './api.ts';
import type { ListedObject } from './describe.ts';
import { MOST_QUERIES, queryTooling, queryToolingTogether } from './tooling.ts';

/** These tables answer one batch of 2,000 rows and no more; a little room is left for fields that describes do not show. */
export const MOST_ROWS = 1900;
/** A query may be 100,000 characters; within a composite it travels in the body, so no limit of a URL applies. */
const MOST_CHARACTERS = 80_000;

const nullable = z.string().nullish().transform((value) => value ?? undefined);
const entityRowSchema = z.object({
  QualifiedApiName: z.string(),
  DurableId: z.string(),
  Description: nullable,
  NamespacePrefix: nullable,
  Publisher: z.object({ Name: nullable }).nullish(),
  InternalSharingModel: nullable,
  ExternalSharingModel: nullable,
  DeploymentStatus: nullable,
  IsFieldHistoryTracked: z.boolean().nullish(),
});
export type EntityRow = z.infer<typeof entityRowSchema>;
const fieldRowSchema = z.object({
  EntityDefinitionId: z.string(),
  QualifiedApiName: z.string(),
  Description: nullable,
  /** As Setup shows it: `Roll-Up Summary (SUM Invoice_Line__c)`. */
  DataType: nullable,
  SecurityClassification: nullable,
  /** Several are joined by semicolons. */
  ComplianceGroup: nullable,
  BusinessStatus: nullable,
  /** A user or a group. */
  BusinessOwnerId: nullable,
});
export type FieldRow = z.infer<typeof fieldRowSchema>;

/** Columns that orgs and API versions may lack, in which case the rest is read without them. */
const ENTITY_COLUMNS = { table: 'EntityDefinition', by: 'QualifiedApiName', always: 'QualifiedApiName, DurableId, Description', extra: 'NamespacePrefix, Publisher.Name, InternalSharingModel, ExternalSharingModel, DeploymentStatus, IsFieldHistoryTracked' } as const;
const FIELD_COLUMNS = { table: 'FieldDefinition', by: 'EntityDefinitionId', always: 'EntityDefinitionId, QualifiedApiName, Description', extra: 'DataType, SecurityClassification, ComplianceGroup, BusinessStatus, BusinessOwnerId' } as const;
type Columns = typeof ENTITY_COLUMNS | typeof FIELD_COLUMNS;

export interface DescriptionsOptions {
  readonly api: SalesforceApi;
  readonly version: string;
  readonly logger: Logger;
}

/**
 * Reads what administrators wrote about objects and fields, from the Tooling API. Descriptions are an extra: where the
 * user may not read them, that is said once and the extraction goes on without.
 */
export class Descriptions {
  readonly #options: DescriptionsOptions;
  #off = false;
  #extra = true;

  constructor(options: DescriptionsOptions) {
    this.#options = options;
  }

  /** Rows of EntityDefinition by object name. */
  async entities(objects: readonly ListedObject[], signal: AbortSignal): Promise<ReadonlyMap<string, EntityRow>> {
    const queries = partition(objects.map(({ name }) => ({ id: name, rows: 1 }))).map((ids): Query => ({ columns: ENTITY_COLUMNS, ids }));
    const rows: EntityRow[] = [];
    for (let at = 0; at < queries.length; at += MOST_QUERIES) rows.push(...await this.#together(queries.slice(at, at + MOST_QUERIES), entityRowSchema, 'the descriptions of objects', signal));
    return new Map(rows.map((row) => [row.QualifiedApiName, row]));
  }

  /** Rows of FieldDefinition of these objects, which need no more than MOST_QUERIES queries: in one call. */
  async fields(objects: readonly Counted[], signal: AbortSignal): Promise<readonly FieldRow[]> {
    const queries = partition(objects).map((ids): Query => ({ columns: FIELD_COLUMNS, ids }));
    return this.#together(queries, fieldRowSchema, 'the descriptions of fields', signal);
  }

  async #together<T>(queries: readonly Query[], schema: z.ZodType<T>, what: string, signal: AbortSignal): Promise<readonly T[]> {
    if (this.#off || queries.length === 0) return [];
    const extra = this.#extra;
    const answers = queries.length === 1 ? [undefined] : await this.#ask(queries.map((query) => soql(query, extra)), schema, what, signal);
    const rows: T[] = [];
    for (const [index, query] of queries.entries()) rows.push(...answers[index] ?? await this.#rows(query, schema, what, signal));
    return rows;
  }

  /** Whatever goes wrong with all of them is found out by asking for each. */
  async #ask<T>(queries: readonly string[], schema: z.ZodType<T>, what: string, signal: AbortSignal): Promise<readonly (readonly T[] | undefined)[]> {
    try {
      return await queryToolingTogether({ api: this.#options.api, version: this.#options.version, what }, queries, schema, signal);
    } catch (thrown) {
      const error = RunnerError.from(thrown);
      if (signal.aborted || error.code === 'SALESFORCE_LIMIT_REACHED') throw error;
      return [];
    }
  }

  async #rows<T>(query: Query, schema: z.ZodType<T>, what: string, signal: AbortSignal): Promise<readonly T[]> {
    if (this.#off) return [];
    const extra = this.#extra;
    try {
      return await queryTooling(this.#options.api, this.#options.version, soql(query, extra), schema, what, signal);
    } catch (thrown) {
      const error = RunnerError.from(thrown);
      if (signal.aborted || error.code === 'SALESFORCE_LIMIT_REACHED') throw error;
      if (extra && error.message.includes('INVALID_FIELD')) {
        this.#doWithout();
        return this.#rows(query, schema, what, signal);
      }
      if (error.message.includes('EXCEEDED_ID_LIMIT')) return this.#halves(query, schema, what, signal);
      this.#giveUp(error, what);
      return [];
    }
  }

  /** An object can have more fields than its describe shows, so that a query has more rows than were counted. */
  async #halves<T>({ columns, ids }: Query, schema: z.ZodType<T>, what: string, signal: AbortSignal): Promise<readonly T[]> {
    if (ids.length < 2) return [];
    const middle = Math.ceil(ids.length / 2);
    return [...await this.#rows({ columns, ids: ids.slice(0, middle) }, schema, what, signal), ...await this.#rows({ columns, ids: ids.slice(middle) }, schema, what, signal)];
  }

  #doWithout(): void {
    if (!this.#extra) return;
    this.#extra = false;
    this.#options.logger.log('warn', 'The org lacks some columns of its catalogue: classifications, owners, sharing and roll-ups go unread');
  }

  /** What is refused once will be refused again; anything else may have been one query's bad luck. */
  #giveUp(error: RunnerError, what: string): void {
    const forGood = error.code === 'SALESFORCE_FORBIDDEN' || error.code === 'SALESFORCE_NOT_FOUND' || error.code === 'SALESFORCE_API_DISABLED';
    if (this.#off) return;
    this.#off = forGood;
    this.#options.logger.log('warn', forGood ? 'Descriptions cannot be read; tables and columns go without. Give the user the permission View Setup and Configuration.' : 'Some descriptions could not be read', { what, code: error.code, reason: error.message });
  }
}

interface Query {
  readonly columns: Columns;
  readonly ids: readonly string[];
}

function soql({ columns: { table, by, always, extra: more }, ids }: Query, extra: boolean): string {
  return `SELECT ${always}${extra ? `, ${more}` : ''} FROM ${table} WHERE ${by} IN (${literals(ids)})`;
}

export interface Counted {
  readonly id: string;
  readonly rows: number;
}

/** Ids in groups that fit one query by rows and by length. */
export function partition(items: readonly Counted[]): string[][] {
  const groups: string[][] = [];
  let [rows, characters] = [Infinity, 0];
  for (const item of items) {
    if (rows + item.rows > MOST_ROWS || characters + item.id.length + 4 > MOST_CHARACTERS) {
      groups.push([]);
      [rows, characters] = [0, 0];
    }
    groups.at(-1)!.push(item.id);
    rows += item.rows;
    characters += item.id.length + 4;
  }
  return groups;
}

export function literals(values: readonly string[]): string {
  return values.map((value) => `'${value.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`).join(', ');
}

import { z } from 'zod';
import type { Logger } from '../../observability/logger.ts';
import { RunnerError } from '../../runtime/errors.ts';
import type { SalesforceApi } from './api.ts';
import type { ListedObject } from './describe.ts';
import { queryTooling } from './tooling.ts';

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
const ENTITY_COLUMNS = { always: 'QualifiedApiName, DurableId, Description', extra: 'NamespacePrefix, Publisher.Name, InternalSharingModel, ExternalSharingModel, DeploymentStatus, IsFieldHistoryTracked' } as const;
const FIELD_COLUMNS = { always: 'EntityDefinitionId, QualifiedApiName, Description', extra: 'DataType, SecurityClassification, ComplianceGroup, BusinessStatus, BusinessOwnerId' } as const;
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
    const queries = partition(objects.map(({ name }) => ({ id: name, rows: 1 }))).map((names) => ({ columns: ENTITY_COLUMNS, rest: `FROM EntityDefinition WHERE QualifiedApiName IN (${literals(names)})` }));
    const rows: EntityRow[] = [];
    for (const query of queries) rows.push(...await this.#rows(query, entityRowSchema, 'the descriptions of objects', signal));
    return new Map(rows.map((row) => [row.QualifiedApiName, row]));
  }

  /** Rows of FieldDefinition of the objects with these durable ids, which together have at most MOST_ROWS fields. */
  async fields(durableIds: readonly string[], signal: AbortSignal): Promise<readonly FieldRow[]> {
    if (durableIds.length === 0) return [];
    const query = { columns: FIELD_COLUMNS, rest: `FROM FieldDefinition WHERE EntityDefinitionId IN (${literals(durableIds)})` };
    return this.#rows(query, fieldRowSchema, 'the descriptions of fields', signal, async () => {
      if (durableIds.length === 1) return [];
      const middle = Math.ceil(durableIds.length / 2);
      return [...await this.fields(durableIds.slice(0, middle), signal), ...await this.fields(durableIds.slice(middle), signal)];
    });
  }

  async #rows<T>(query: Query, schema: z.ZodType<T>, what: string, signal: AbortSignal, split?: () => Promise<readonly T[]>): Promise<readonly T[]> {
    if (this.#off) return [];
    const extra = this.#extra;
    try {
      return await queryTooling(this.#options.api, this.#options.version, soql(query, extra), schema, what, signal);
    } catch (thrown) {
      const error = RunnerError.from(thrown);
      if (signal.aborted || error.code === 'SALESFORCE_LIMIT_REACHED') throw error;
      if (extra && error.message.includes('INVALID_FIELD')) {
        this.#doWithout();
        return this.#rows(query, schema, what, signal, split);
      }
      if (split !== undefined && error.message.includes('EXCEEDED_ID_LIMIT')) return split();
      this.#giveUp(error, what);
      return [];
    }
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
  readonly rest: string;
}

function soql({ columns, rest }: Query, extra: boolean): string {
  return `SELECT ${columns.always}${extra ? `, ${columns.extra}` : ''} ${rest}`;
}

interface Counted {
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

/** A structured value of a column, such as `ReferenceTo` or a compound address. */
export class JsonValue {
  readonly value: unknown;

  constructor(value: unknown) {
    this.value = value;
  }
}

export type Scalar = string | number | boolean | null;
export type Cell = Scalar | JsonValue;

export interface Row {
  readonly type: string;
  /** The id in the record's URL, if it has one. */
  readonly id: string | null;
  cell(column: string): Cell;
  related(relation: string): Row | null;
}

/** Columns and relations of a table; names are case-insensitive. */
export interface Schema {
  readonly type: string;
  /** The column's name in its proper case. */
  column(name: string): string | undefined;
  relation(name: string): { readonly name: string; readonly schema: Schema } | undefined;
  columns(): readonly string[];
}

export type PrintedRecord = Record<string, unknown>;

export interface QueryResult {
  readonly type: string;
  readonly totalSize: number;
  /** Number of records to page through; none for a bare COUNT(). */
  readonly length: number;
  /** Serializes some of the records; the others cost nothing until they are requested. */
  readonly slice: (from: number, to: number) => readonly PrintedRecord[];
}

export interface Table {
  readonly schema: Schema;
  /** Catalog tables (EntityDefinition and the like) do not support full SOQL. */
  readonly restricted: boolean;
  /** Results of aggregate queries, by text. Absent if rows change without an edit of the org. */
  readonly totals?: Map<string, QueryResult>;
  /** All rows, or those of the named entities if the query is limited to them. */
  rows(entities: readonly string[] | null): Iterable<Row>;
}

/** A table defined by functions of its sources, computed when a query reads them. */
export interface TableSpec<S> {
  readonly type: string;
  readonly restricted?: boolean;
  readonly id: (source: S) => string | null;
  readonly columns: Readonly<Record<string, (source: S) => Cell>>;
  readonly relations?: Readonly<Record<string, RelationSpec<S>>>;
  readonly sources: (entities: readonly string[] | null) => Iterable<S>;
}

export interface RelationSpec<S> {
  readonly table: () => { readonly schema: Schema };
  readonly get: (source: S) => Row | null;
}

export interface SpecTable<S> extends Table {
  row(source: S): Row;
}

export function defineTable<S>(spec: TableSpec<S>): SpecTable<S> {
  const names = new Map(Object.keys(spec.columns).map((name) => [name.toLowerCase(), name]));
  const relations = new Map(
    Object.entries(spec.relations ?? {}).map(([name, relation]) => [
      name.toLowerCase(),
      { name, relation },
    ]),
  );
  const schema: Schema = {
    type: spec.type,
    column: (name) => names.get(name.toLowerCase()),
    relation: (name) => {
      const found = relations.get(name.toLowerCase());
      return found && { name: found.name, schema: found.relation.table().schema };
    },
    columns: () => [...names.values()],
  };
  const row = (source: S): Row => ({
    type: spec.type,
    id: spec.id(source),
    cell: (column) => spec.columns[column]?.(source) ?? null,
    related: (relation) => spec.relations?.[relation]?.get(source) ?? null,
  });
  return {
    schema,
    row,
    restricted: spec.restricted ?? false,
    *rows(entities) {
      for (const source of spec.sources(entities)) yield row(source);
    },
  };
}

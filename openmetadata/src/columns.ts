import { z } from 'zod';
import { DATA_TYPES, type DataType } from './data-types.ts';

/** The limit of column names in servers before 1.13 too, so it applies to all names. */
export const MAX_NAME = 256;
export const NAME_PATTERN = /^(?:(?!::).)+$/;
/** What a name must not be, for messages. */
export const NAME_RULE = 'must not be empty, span lines or contain "::"';
export const MAX_FQN = 3072;
export const entityNameSchema = z.string().max(MAX_NAME).regex(NAME_PATTERN, NAME_RULE);
export const fqnSchema = z.string().min(1).max(MAX_FQN);
export const extensionSchema = z.record(z.string(), z.unknown());

export const tagLabelSchema = z.strictObject({
  tagFQN: z.string().min(1),
  name: z.string().optional(),
  displayName: z.string().optional(),
  description: z.string().optional(),
  source: z.enum(['Classification', 'Glossary']),
  labelType: z.enum(['Manual', 'Propagated', 'Automated', 'Derived', 'Generated']),
  state: z.enum(['Suggested', 'Confirmed']),
});
export type TagLabel = z.infer<typeof tagLabelSchema>;

export const NEEDS_LENGTH: ReadonlySet<DataType> = new Set([
  'CHAR',
  'VARCHAR',
  'BINARY',
  'VARBINARY',
]);

export const columnSchema = z
  .strictObject({
    name: entityNameSchema,
    displayName: z.string().optional(),
    dataType: z.enum(DATA_TYPES),
    /** Required when `dataType` is ARRAY. */
    arrayDataType: z.enum(DATA_TYPES).optional(),
    /** Required for CHAR, VARCHAR, BINARY and VARBINARY. */
    dataLength: z.int().nonnegative().optional(),
    precision: z.int().nonnegative().optional(),
    scale: z.int().nonnegative().optional(),
    dataTypeDisplay: z.string().optional(),
    description: z.string().optional(),
    tags: z.array(tagLabelSchema).optional(),
    constraint: z.enum(['NULL', 'NOT_NULL', 'UNIQUE', 'PRIMARY_KEY']).optional(),
    ordinalPosition: z.int().nonnegative().optional(),
    jsonSchema: z.string().optional(),
    extension: extensionSchema.optional(),
    get children() {
      return z.array(columnSchema).optional();
    },
  })
  .check((context) => {
    const { dataType, dataLength, arrayDataType, precision, scale, children } = context.value;
    const report = (path: string, message: string): void => {
      context.issues.push({ code: 'custom', input: context.value, path: [path], message });
    };
    if (NEEDS_LENGTH.has(dataType) && dataLength === undefined)
      report('dataLength', `is required for ${dataType}`);
    if (dataType === 'ARRAY' && arrayDataType === undefined)
      report('arrayDataType', 'is required for ARRAY');
    if (scale !== undefined && scale > (precision ?? -1))
      report('scale', 'must not exceed the precision');
    if (hasDuplicateNames(children)) report('children', DUPLICATE_COLUMN);
  });
export type Column = z.infer<typeof columnSchema>;

export const DUPLICATE_COLUMN = 'contains a duplicate column name';

/** Whether two columns have the same name, which the server rejects on each level. */
export function hasDuplicateNames(columns: readonly { readonly name: string }[] = []): boolean {
  return new Set(columns.map(({ name }) => name)).size !== columns.length;
}

/**
 * The problem of a table's keys as a whole, if any: the server accepts one primary key, stated
 * once, and no duplicate constraint.
 */
export function keyProblem(
  columns: readonly Pick<Column, 'constraint'>[],
  constraints: readonly TableConstraint[] = [],
): string | undefined {
  const primary = columns.filter(({ constraint }) => constraint === 'PRIMARY_KEY').length;
  if (primary > 1) return 'columns contain more than one PRIMARY_KEY';
  if (primary === 1 && constraints.some(({ constraintType }) => constraintType === 'PRIMARY_KEY'))
    return 'tableConstraints repeat the PRIMARY_KEY of a column';
  const distinct = new Set(
    constraints.map(({ constraintType, columns: names, referredColumns, relationshipType }) =>
      JSON.stringify([constraintType, names, referredColumns, relationshipType]),
    ),
  );
  return distinct.size === constraints.length ? undefined : 'tableConstraints contain a duplicate';
}

export const tableConstraintSchema = z.strictObject({
  constraintType: z.enum([
    'UNIQUE',
    'PRIMARY_KEY',
    'FOREIGN_KEY',
    'SORT_KEY',
    'DIST_KEY',
    'CLUSTER_KEY',
  ]),
  columns: z.array(z.string()).min(1),
  /** Fully qualified column names, one for each of `columns`, for a FOREIGN_KEY. */
  referredColumns: z.array(fqnSchema).optional(),
  relationshipType: z.enum(['ONE_TO_ONE', 'ONE_TO_MANY', 'MANY_TO_ONE', 'MANY_TO_MANY']).optional(),
});
export type TableConstraint = z.infer<typeof tableConstraintSchema>;

/** The problems of one constraint in a table with these columns; addresses and lengths aside. */
export function constraintProblems(
  { constraintType, columns, referredColumns }: TableConstraint,
  names: ReadonlySet<string>,
): readonly string[] {
  const unknown = columns.find((name) => !names.has(name));
  const isPaired = constraintType !== 'FOREIGN_KEY' || referredColumns?.length === columns.length;
  return [
    ...(unknown === undefined ? [] : [`refers to "${unknown}", which is not a column`]),
    ...(isPaired ? [] : ['must have one referred column for each of its columns']),
  ];
}

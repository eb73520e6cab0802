import type { Column } from '../../../../openmetadata/src/columns.ts';
import type { ObjectKind } from '../describe/object-kind.ts';
import type { FieldClasses } from './field-classes.ts';
import type { Table } from '../mapping/table.ts';

// Invariant: a value leaves the org only if the org has answered that its field is not classified.
// No answer, an incomplete answer and no row for the field all exclude the field.

/**
 * A column whose type and name permit a sample. Its field's classification is checked later, by
 * `openColumns`.
 */
export interface SampleColumn {
  readonly name: string;
  /** The compound field (an address, a location, a person's name) that contains it. */
  readonly compound: string | undefined;
}

/** A table that may be sampled. */
export interface SampleTable {
  readonly object: string;
  readonly fqn: string;
  readonly columns: readonly SampleColumn[];
  /** All fields of the object, also the excluded ones. */
  readonly fields: number;
}

/**
 * History, shares and feeds contain values of another object's fields, settings contain keys of
 * other systems, and external objects are stored elsewhere.
 */
const SAMPLED_KINDS: ReadonlySet<ObjectKind> = new Set<ObjectKind>([
  'standard',
  'custom',
  'bigObject',
]);
/**
 * Compound fields, whose parts are sampled instead, and types other than text, number and boolean.
 */
const EXCLUDED_TYPES: ReadonlySet<string> = new Set([
  'STRUCT',
  'BLOB',
  'VARIANT',
  'JSON',
  'UNKNOWN',
]);
const CREDENTIAL =
  /passw(?:or)?d|pass_?(?:phrase|code)|pwd|secret|token|credential|(?:^|_)(?:pin|otp|ssn|iban|cvv|cvc)(?:_|$)|(?:api|private|access|encryption|consumer|licen[cs]e|session|signing)_?key|session_?id/i;
const PARTS_OF_NAME: ReadonlySet<string> = new Set([
  'FirstName',
  'MiddleName',
  'LastName',
  'Salutation',
  'Suffix',
]);
const NAME = 'Name';

/** Undefined for an object that is not sampled. */
export function sampleTableOf(object: string, table: Table): SampleTable | undefined {
  if (!isSampled(table.properties)) return undefined;
  return {
    object,
    fqn: table.fqn,
    columns: sampleColumnsOf(table),
    fields: table.request.columns.length,
  };
}

/** The columns of a table whose types and names permit a sample. */
export function sampleColumnsOf({
  request,
  properties,
}: Pick<Table, 'request' | 'properties'>): SampleColumn[] {
  const compounds = new Map(
    request.columns.flatMap(({ name, children = [] }) =>
      children.map((part): [string, string] => [part.name, name]),
    ),
  );
  return request.columns
    .filter(
      (column) => isShown(column) && properties.columns?.[column.name]?.encrypted === undefined,
    )
    .map(({ name }): SampleColumn => ({
      name,
      compound: compounds.get(name) ?? (PARTS_OF_NAME.has(name) ? NAME : undefined),
    }));
}

/**
 * Standard objects without page layouts are excluded: they hold Salesforce's internals, such as
 * Apex source, sessions, tokens, logins.
 */
function isSampled({ kind, features }: Table['properties']): boolean {
  return (
    SAMPLED_KINDS.has(kind) &&
    features.includes('queryable') &&
    (kind !== 'standard' || features.includes('layoutable'))
  );
}

/**
 * The name must be valid because it goes into a query. A label can reveal a credential field as
 * well as a name.
 */
function isShown({
  name,
  displayName = '',
  dataType,
  arrayDataType,
  dataTypeDisplay = '',
}: Column): boolean {
  if (
    !/^\w+$/.test(name) ||
    CREDENTIAL.test(name) ||
    CREDENTIAL.test(displayName.replaceAll(' ', '_'))
  )
    return false;
  if (dataType === 'ARRAY') return arrayDataType === 'ENUM';
  return !EXCLUDED_TYPES.has(dataType) && !dataTypeDisplay.startsWith('encryptedstring');
}

/**
 * Names of the columns whose fields are not classified, nor their compound fields. `Name` also
 * requires that no part of it is.
 */
export function openColumns(columns: readonly SampleColumn[], classes: FieldClasses): string[] {
  const nameIsOpen = [...PARTS_OF_NAME].every((part) => classes.get(part) !== 'closed');
  return columns
    .filter(({ name, compound }) => {
      const found = [classes.get(name), compound === undefined ? undefined : classes.get(compound)];
      return found.includes('open') && !found.includes('closed') && (name !== NAME || nameIsOpen);
    })
    .map(({ name }) => name);
}

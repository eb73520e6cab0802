import type { Column } from '../../../openmetadata/columns.ts';
import type { ObjectKind } from '../describe/object-kind.ts';
import type { FieldClasses } from './field-classes.ts';
import type { Table } from '../mapping/table.ts';

// What must never break: a value leaves the org only if the org was asked about its field and said that nobody has
// classified it. No answer, half an answer and no row for the field all mean that the field stays out.

/** A column whose type and name let its values be looked at. What they hold is another question: see `openColumns`. */
export interface SampleColumn {
  readonly name: string;
  /** The compound field (an address, a location, a person's name) that it is a part of. */
  readonly whole: string | undefined;
}

/** A table that rows can be taken of. */
export interface SampleTable {
  readonly object: string;
  readonly fqn: string;
  readonly columns: readonly SampleColumn[];
  /** Fields of the object, those that stay out too. */
  readonly fields: number;
}

/** History, shares and feeds tell of another object's fields; settings hold keys of other systems; external objects are elsewhere. */
const KINDS: ReadonlySet<ObjectKind> = new Set<ObjectKind>(['standard', 'custom', 'bigObject']);
/** Compound fields, whose parts say enough, and what is no text, number or truth value. */
const UNSHOWN: ReadonlySet<string> = new Set(['STRUCT', 'BLOB', 'VARIANT', 'JSON', 'UNKNOWN']);
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

/** Undefined for an object of which no rows are taken. */
export function sampleTableOf(object: string, table: Table): SampleTable | undefined {
  if (!isSampled(table.properties)) return undefined;
  return {
    object,
    fqn: table.fqn,
    columns: sampleColumnsOf(table),
    fields: table.request.columns.length,
  };
}

/** The columns of a table whose values may be looked at, as far as their own types and names tell. */
export function sampleColumnsOf({
  request,
  properties,
}: Pick<Table, 'request' | 'properties'>): SampleColumn[] {
  const wholes = new Map(
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
      whole: wholes.get(name) ?? (PARTS_OF_NAME.has(name) ? NAME : undefined),
    }));
}

/**
 * Salesforce's own objects without page layouts are its machinery: the source of Apex, sessions, tokens, log-ins,
 * permissions. Rows of those would tell what no sample is meant to tell.
 */
function isSampled({ kind, features }: Table['properties']): boolean {
  return (
    KINDS.has(kind) &&
    features.includes('queryable') &&
    (kind !== 'standard' || features.includes('layoutable'))
  );
}

/** A field's name goes into a query, so it has to be one; its label tells as much as its name. */
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
  return !UNSHOWN.has(dataType) && !dataTypeDisplay.startsWith('encryptedstring');
}

/** Names of the columns whose fields nobody has classified, nor the compound fields around them, nor the parts of a name. */
export function openColumns(columns: readonly SampleColumn[], classes: FieldClasses): string[] {
  const nameIsOpen = [...PARTS_OF_NAME].every((part) => classes.get(part) !== 'closed');
  return columns
    .filter(({ name, whole }) => {
      const verdicts = [classes.get(name), whole === undefined ? undefined : classes.get(whole)];
      return (
        verdicts.includes('open') && !verdicts.includes('closed') && (name !== NAME || nameIsOpen)
      );
    })
    .map(({ name }) => name);
}

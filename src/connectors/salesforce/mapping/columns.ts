import type { Column, TagLabel } from '../../../openmetadata/columns.ts';
import type { DataType } from '../../../openmetadata/data-types.ts';
import { entityName } from '../../../openmetadata/names.ts';
import type { DescribedField } from '../describe/sobject-field.ts';
import { relationshipKind, type FieldProperties } from './field-properties.ts';
import { textOf } from './field-text.ts';

/** The parts of a column that follow from the field's type. */
type Shape = Readonly<
  Pick<Column, 'dataType' | 'arrayDataType' | 'dataLength' | 'precision' | 'scale'>
> & { readonly display: string };

/**
 * Text up to this length is a VARCHAR, beyond it a TEXT. It parts Salesforce's text areas (255) from its long and rich
 * ones, and keeps URLs and text formulas on the near side.
 */
const LONGEST_VARCHAR = 4000;

function text({ type, length }: DescribedField): Shape {
  const display = `${type}(${length})`;
  return length > LONGEST_VARCHAR
    ? { dataType: 'TEXT', dataLength: length, display }
    : { dataType: 'VARCHAR', dataLength: length, display };
}

/** Some numbers have more digits after the point than in all (latitude: 18, 15 is fine; a broken package's 0, 2 is not). */
function decimal({ type, precision, scale }: DescribedField): Shape {
  if (precision <= 0 || scale < 0 || scale > precision)
    return { dataType: 'DOUBLE', display: type };
  return { dataType: 'DECIMAL', precision, scale, display: `${type}(${precision},${scale})` };
}

function plain(dataType: DataType): (field: DescribedField) => Shape {
  return ({ type }) => ({ dataType, display: type });
}

function arrayOf(arrayDataType: DataType): (field: DescribedField) => Shape {
  return ({ type }) => ({ dataType: 'ARRAY', arrayDataType, display: type });
}

const MOST_TARGETS_SHOWN = 3;

function reference(field: DescribedField): Shape {
  const shown = field.referenceTo.slice(0, MOST_TARGETS_SHOWN).join(', ');
  const rest = field.referenceTo.length - MOST_TARGETS_SHOWN;
  const targets = rest > 0 ? `${shown}, +${rest}` : shown;
  const master = relationshipKind(field) === 'masterDetail' ? ' master-detail' : '';
  return {
    dataType: 'VARCHAR',
    dataLength: field.length,
    display: targets === '' ? 'reference' : `reference(${targets})${master}`,
  };
}

/** Every type of the WSDL's fieldType (66.0). */
const SHAPES: Readonly<Record<string, (field: DescribedField) => Shape>> = {
  string: text,
  textarea: text,
  phone: text,
  email: text,
  url: text,
  combobox: text,
  encryptedstring: text,
  datacategorygroupreference: text,
  id: ({ type, length }) => ({
    dataType: 'VARCHAR',
    dataLength: length,
    display: `${type}(${length})`,
  }),
  reference,
  picklist: plain('ENUM'),
  multipicklist: arrayOf('ENUM'),
  boolean: plain('BOOLEAN'),
  int: plain('INT'),
  long: plain('BIGINT'),
  double: decimal,
  currency: decimal,
  percent: decimal,
  date: plain('DATE'),
  datetime: plain('DATETIME'),
  time: plain('TIME'),
  base64: plain('BLOB'),
  address: plain('STRUCT'),
  location: plain('STRUCT'),
  anyType: plain('VARIANT'),
  complexvalue: plain('JSON'),
  json: plain('JSON'),
  floatarray: arrayOf('FLOAT'),
  textarray: arrayOf('STRING'),
};

/** The field types that have a mapping of their own. */
export const FIELD_TYPES: readonly string[] = Object.keys(SHAPES);

/** A type that is newer than this program is mapped by how SOAP carries it. */
function unheardOf(field: DescribedField): Shape {
  const bySoap: Readonly<Record<string, Shape>> = {
    'xsd:string': text(field),
    'tns:ID': text(field),
    'xsd:boolean': plain('BOOLEAN')(field),
    'xsd:int': plain('INT')(field),
    'xsd:long': plain('BIGINT')(field),
    'xsd:double': decimal(field),
    'xsd:date': plain('DATE')(field),
    'xsd:dateTime': plain('DATETIME')(field),
    'xsd:time': plain('TIME')(field),
    'xsd:base64Binary': plain('BLOB')(field),
  };
  return bySoap[field.soapType] ?? plain('VARIANT')(field);
}

/** Unique beats not-null, as in OpenMetadata's own connector: a column has room for one. */
function constraintOf({
  type,
  unique,
  nillable,
}: DescribedField): NonNullable<Column['constraint']> {
  if (type === 'id') return 'PRIMARY_KEY';
  if (unique) return 'UNIQUE';
  return nillable ? 'NULL' : 'NOT_NULL';
}

/** What is known of a field besides its type. */
export interface ColumnNotes {
  readonly description: string | undefined;
  readonly tags: readonly TagLabel[];
  readonly properties: FieldProperties | undefined;
}

export const NO_NOTES: ColumnNotes = { description: undefined, tags: [], properties: undefined };

/** There are hundreds of thousands of columns in an org, so each is made once and in place. */
function columnOf(
  field: DescribedField,
  position: number,
  components: readonly DescribedField[] | undefined,
  notesOn: (field: DescribedField) => ColumnNotes,
): Column {
  const {
    dataType,
    arrayDataType,
    dataLength = field.length || undefined,
    precision,
    scale,
    display,
  } = (SHAPES[field.type] ?? unheardOf)(field);
  const notes = notesOn(field);
  const description = descriptionOf(field, notes);
  const column: Column = {
    name: entityName(field.name),
    dataType,
    dataTypeDisplay: display,
    constraint: constraintOf(field),
    ordinalPosition: position,
  };
  if (field.label !== '') column.displayName = field.label;
  if (arrayDataType !== undefined) column.arrayDataType = arrayDataType;
  if (dataLength !== undefined) column.dataLength = dataLength;
  if (precision !== undefined) column.precision = precision;
  if (scale !== undefined) column.scale = scale;
  if (description !== '') column.description = description;
  if (notes.tags.length > 0) column.tags = [...notes.tags];
  if (dataType === 'STRUCT')
    column.children = (components ?? []).map((component, index) =>
      columnOf(component, index + 1, undefined, notesOn),
    );
  return column;
}

/** The help text until there is a better one, and below it what there is to say of the properties. */
function descriptionOf(
  { inlineHelpText = '' }: DescribedField,
  { description: described = inlineHelpText, properties }: ColumnNotes,
): string {
  const text = properties === undefined ? '' : textOf(properties, described);
  return described === '' || text === '' ? `${described}${text}` : `${described}\n\n${text}`;
}

/**
 * The columns of an object, in the order of its describe. The parts of an address or a location stand on the top level,
 * where Salesforce and OpenMetadata's own connector have them, and again below their compound field.
 */
export function columnsOf(
  fields: readonly DescribedField[],
  notesOn: (field: DescribedField) => ColumnNotes = () => NO_NOTES,
): Column[] {
  const components = Map.groupBy(
    fields.filter(
      ({ compoundFieldName, name }) =>
        compoundFieldName !== undefined && compoundFieldName !== name,
    ),
    ({ compoundFieldName }) => compoundFieldName!,
  );
  return fields.map((field, index) =>
    columnOf(field, index + 1, components.get(field.name), notesOn),
  );
}

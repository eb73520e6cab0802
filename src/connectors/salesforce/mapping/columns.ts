import type { Column, TagLabel } from '../../../../openmetadata/src/columns.ts';
import type { DataType } from '../../../../openmetadata/src/data-types.ts';
import { entityName } from '../../../../openmetadata/src/names.ts';
import type { DescribedField } from '../describe/sobject-field.ts';
import { relationshipKind, type FieldProperties } from './field-properties.ts';
import { propertiesText } from './field-text.ts';

/** What a field's type determines of its column. */
type Shape = Readonly<
  Pick<Column, 'dataType' | 'arrayDataType' | 'dataLength' | 'precision' | 'scale'>
> & { readonly display: string };

/**
 * Text up to this length is a VARCHAR, longer text a TEXT. Salesforce's text areas (255), URLs and
 * text formulas are below it, long and rich text areas above.
 */
const MAX_VARCHAR_LENGTH = 4000;

function text({ type, length }: DescribedField): Shape {
  const display = `${type}(${length})`;
  return length > MAX_VARCHAR_LENGTH
    ? { dataType: 'TEXT', dataLength: length, display }
    : { dataType: 'VARCHAR', dataLength: length, display };
}

/**
 * Falls back to DOUBLE for an invalid precision or scale (18, 15 of a latitude is valid; 0, 2 of a
 * broken package is not).
 */
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

const MAX_TARGETS_SHOWN = 3;

function reference(field: DescribedField): Shape {
  const shown = field.referenceTo.slice(0, MAX_TARGETS_SHOWN).join(', ');
  const rest = field.referenceTo.length - MAX_TARGETS_SHOWN;
  const targets = rest > 0 ? `${shown}, +${rest}` : shown;
  const master = relationshipKind(field) === 'masterDetail' ? ' master-detail' : '';
  return {
    dataType: 'VARCHAR',
    dataLength: field.length,
    display: targets === '' ? 'reference' : `reference(${targets})${master}`,
  };
}

/** All types of the WSDL's fieldType (66.0). */
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

/** The field types with a mapping. */
export const FIELD_TYPES: readonly string[] = Object.keys(SHAPES);

/** A field type without a mapping, probably newer than this program, is mapped by its SOAP type. */
function shapeOfUnknownType(field: DescribedField): Shape {
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

/**
 * A column can have one constraint. Unique takes precedence over not null, as in OpenMetadata's own
 * connector.
 */
function constraintOf({
  type,
  unique,
  nillable,
}: DescribedField): NonNullable<Column['constraint']> {
  if (type === 'id') return 'PRIMARY_KEY';
  if (unique) return 'UNIQUE';
  return nillable ? 'NULL' : 'NOT_NULL';
}

/** What else is known about a field. */
export interface ColumnDetails {
  readonly description: string | undefined;
  readonly tags: readonly TagLabel[];
  readonly properties: FieldProperties | undefined;
}

export const NO_DETAILS: ColumnDetails = {
  description: undefined,
  tags: [],
  properties: undefined,
};

/** An org has hundreds of thousands of columns, so each is built once, in place. */
function columnOf(
  field: DescribedField,
  position: number,
  components: readonly DescribedField[] | undefined,
  detailsOf: (field: DescribedField) => ColumnDetails,
): Column {
  const {
    dataType,
    arrayDataType,
    dataLength = field.length || undefined,
    precision,
    scale,
    display,
  } = (SHAPES[field.type] ?? shapeOfUnknownType)(field);
  const details = detailsOf(field);
  const description = descriptionOf(field, details);
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
  if (details.tags.length > 0) column.tags = [...details.tags];
  if (dataType === 'STRUCT')
    column.children = (components ?? []).map((component, index) =>
      columnOf(component, index + 1, undefined, detailsOf),
    );
  return column;
}

/** The field's description, or else its help text, followed by the text of its properties. */
function descriptionOf(
  { inlineHelpText = '' }: DescribedField,
  { description: text = inlineHelpText, properties }: ColumnDetails,
): string {
  const details = properties === undefined ? '' : propertiesText(properties, text);
  return text === '' || details === '' ? `${text}${details}` : `${text}\n\n${details}`;
}

/**
 * The columns of an object, in the order of its describe. The components of an address or a
 * location are listed at the top level, as in Salesforce and in OpenMetadata's own connector, and
 * again as children of their compound field.
 */
export function columnsOf(
  fields: readonly DescribedField[],
  detailsOf: (field: DescribedField) => ColumnDetails = () => NO_DETAILS,
): Column[] {
  const components = Map.groupBy(
    fields.filter(
      ({ compoundFieldName, name }) =>
        compoundFieldName !== undefined && compoundFieldName !== name,
    ),
    ({ compoundFieldName }) => compoundFieldName!,
  );
  return fields.map((field, index) =>
    columnOf(field, index + 1, components.get(field.name), detailsOf),
  );
}

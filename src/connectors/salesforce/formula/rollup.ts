import { z } from 'zod';

/** Written `Opportunity.Amount` in the metadata. */
interface QualifiedField {
  readonly object: string;
  readonly field: string;
}

/** The source of a roll-up summary's value. */
export interface RollupSource {
  readonly operation: 'count' | 'sum' | 'min' | 'max';
  /** The summarized object. */
  readonly child: string;
  /** The child's master-detail field. */
  readonly foreignKey: string;
  /** The summarized field; for a count, the foreign key. */
  readonly summarized: QualifiedField;
  /** Child fields that filter the rows. */
  readonly filters: readonly QualifiedField[];
}

const qualified = z
  .string()
  .regex(/^[^.]+\.[^.]+$/)
  .transform((text): QualifiedField => {
    const [object = '', field = ''] = text.split('.');
    return { object, field };
  });

const definitionSchema = z.object({
  summaryOperation: z
    .string()
    .transform((text) => text.toLowerCase())
    .pipe(z.enum(['count', 'sum', 'min', 'max'])),
  summaryForeignKey: qualified,
  summarizedField: qualified.nullish(),
  summaryFilterItems: z
    .array(z.object({ field: qualified, valueField: qualified.nullish() }))
    .nullish(),
});

/**
 * Reads the metadata of a CustomField (`summaryForeignKey: "Opportunity.AccountId"`); undefined if
 * it is not a roll-up.
 */
export function rollupSource(metadata: unknown): RollupSource | undefined {
  const parsed = definitionSchema.safeParse(metadata);
  if (!parsed.success) return undefined;
  const { summaryOperation, summaryForeignKey, summarizedField, summaryFilterItems } = parsed.data;
  return {
    operation: summaryOperation,
    child: summaryForeignKey.object,
    foreignKey: summaryForeignKey.field,
    summarized: summarizedField ?? summaryForeignKey,
    filters: (summaryFilterItems ?? []).flatMap(({ field, valueField }) =>
      valueField ? [field, valueField] : [field],
    ),
  };
}

const DATA_TYPE = /^roll-up summary \((?<operation>count|sum|min|max) (?<child>[^()]+)\)$/i;

/**
 * Reads the `DataType` text of FieldDefinition (`Roll-Up Summary (SUM Opportunity)`): the operation
 * and the label of the child. Undefined for any other text. Unlike the definition, it needs no call
 * for each field.
 */
export function rollupFromDataType(
  text: string,
): (Pick<RollupSource, 'operation'> & { readonly childLabel: string }) | undefined {
  const groups = DATA_TYPE.exec(text.trim())?.groups;
  if (groups === undefined) return undefined;
  return {
    operation: groups['operation']!.toLowerCase() as RollupSource['operation'],
    childLabel: groups['child']!.trim(),
  };
}

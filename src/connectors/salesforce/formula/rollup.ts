import { z } from 'zod';

/** Written `Opportunity.Amount` in the metadata. */
interface QualifiedField {
  readonly object: string;
  readonly field: string;
}

/** Where a roll-up summary takes its value from. */
export interface RollupSource {
  readonly operation: 'count' | 'sum' | 'min' | 'max';
  /** The summarized object. */
  readonly child: string;
  /** The child's master-detail field. */
  readonly foreignKey: string;
  /** The summarized field; for a count the foreign key, whose presence is what is counted. */
  readonly summarized: QualifiedField;
  /** Child fields that decide which rows count. */
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

/** Reads a roll-up from a CustomField's metadata (`summaryForeignKey: "Opportunity.AccountId"`); undefined when it is none. */
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
 * What FieldDefinition's `DataType` text (`Roll-Up Summary (SUM Opportunity)`) says of a roll-up: its operation and
 * the child as the org labels it. Undefined for any other text. Needs no call a field, which the definition does.
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

import { z } from 'zod';

/**
 * The parts of Salesforce's describe answers that are used here. Everything else is dropped at the border, so that what
 * is held of an object is a small part of what came. Flags that old API versions lack have defaults.
 */

const flag = z.boolean().default(false);
const textOrNull = z.string().nullish().transform((value) => value ?? undefined);
const size = z.number().int().nonnegative().default(0);

const listedSchema = z.object({
  name: z.string().min(1),
  label: z.string().default(''),
  labelPlural: z.string().default(''),
  custom: flag,
  customSetting: flag,
  keyPrefix: textOrNull,
  queryable: flag,
  associateEntityType: textOrNull,
  associateParentEntity: textOrNull,
});
/** An object as describeGlobal lists it. */
export type ListedObject = z.infer<typeof listedSchema>;

export const describeGlobalSchema = z.object({ sobjects: z.array(listedSchema) });

const picklistValueSchema = z.object({ value: z.string().nullish().transform((value) => value ?? ''), label: textOrNull, active: z.boolean().default(true), defaultValue: flag });

const fieldSchema = z.object({
  name: z.string().min(1),
  label: z.string().default(''),
  /** One of the 29 of the WSDL's fieldType, or a newer one. */
  type: z.string(),
  soapType: z.string().default(''),
  length: size,
  byteLength: size,
  precision: size,
  scale: z.number().int().default(0),
  digits: size,
  nillable: z.boolean().default(true),
  /** Whether SOQL takes it in aggregate functions. */
  aggregatable: flag,
  unique: flag,
  idLookup: flag,
  externalId: flag,
  autoNumber: flag,
  calculated: flag,
  calculatedFormula: textOrNull,
  encrypted: flag,
  /** What stands in for the text of an encrypted field, and how much of it. */
  mask: textOrNull,
  maskType: textOrNull,
  defaultValue: z.union([z.string(), z.number(), z.boolean()]).nullish().catch(undefined).transform((value) => value ?? undefined),
  defaultValueFormula: textOrNull,
  compoundFieldName: textOrNull,
  inlineHelpText: textOrNull,
  htmlFormatted: flag,
  extraTypeInfo: textOrNull,
  cascadeDelete: flag,
  restrictedDelete: flag,
  relationshipName: textOrNull,
  /** 0 or 1 on a master-detail field: the first or second master. */
  relationshipOrder: z.number().nullish().transform((value) => value ?? undefined),
  referenceTo: z.array(z.string()).nullish().transform((value) => value ?? []),
  restrictedPicklist: flag,
  dependentPicklist: flag,
  controllerName: textOrNull,
  picklistValues: z.array(picklistValueSchema).nullish().transform((value) => value ?? []),
});
export type DescribedField = z.infer<typeof fieldSchema>;

const recordTypeSchema = z.object({ name: z.string(), developerName: z.string().default(''), active: flag, available: flag, defaultRecordTypeMapping: flag, master: flag });

/** What may be done with an object; in the API's own words. */
const features = {
  createable: flag, updateable: flag, deletable: flag, undeletable: flag, queryable: flag, searchable: flag, retrieveable: flag, replicateable: flag,
  mergeable: flag, triggerable: flag, feedEnabled: flag, layoutable: flag, mruEnabled: flag, deprecatedAndHidden: flag,
} as const;
export const FEATURES = Object.keys(features) as readonly (keyof typeof features)[];

export const describeSchema = z.object({
  name: z.string().min(1),
  label: z.string().default(''),
  labelPlural: z.string().default(''),
  custom: flag,
  customSetting: flag,
  keyPrefix: textOrNull,
  associateEntityType: textOrNull,
  associateParentEntity: textOrNull,
  recordTypeInfos: z.array(recordTypeSchema).nullish().transform((value) => value ?? []),
  ...features,
  fields: z.array(fieldSchema),
});
/** An object as its describe has it. */
export type DescribedObject = z.infer<typeof describeSchema>;

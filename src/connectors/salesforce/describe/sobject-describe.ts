import { requireSingle } from '../api/pages.ts';
import { flag, list, type Members, object, text } from '../json/json-values.ts';
import { type ListedObject, readListed } from './object-list.ts';
import { type DescribedField, readFields } from './sobject-field.ts';

/**
 * The parts of Salesforce's describe answers that are used here (DescribeSObjectResult in the API's WSDL). Everything
 * else is dropped at the border, so that what is held of an object is a small part of what came. What old API versions
 * lack has the value that its absence means. The readers throw SALESFORCE_UNEXPECTED, naming what is of another kind.
 */

export interface DescribedRecordType {
  readonly name: string;
  readonly developerName: string;
  readonly active: boolean;
  readonly defaultRecordTypeMapping: boolean;
  readonly master: boolean;
}

function readRecordType(value: unknown): DescribedRecordType {
  const raw: Members<keyof DescribedRecordType> = object(value, 'recordTypeInfos');
  return {
    name: text(raw.name, 'name'),
    developerName: text(raw.developerName, 'developerName'),
    active: flag(raw.active, 'active'),
    defaultRecordTypeMapping: flag(raw.defaultRecordTypeMapping, 'defaultRecordTypeMapping'),
    master: flag(raw.master, 'master'),
  };
}

/** What may be done with an object; in the API's own words. */
const FEATURES = [
  'createable',
  'updateable',
  'deletable',
  'undeletable',
  'queryable',
  'searchable',
  'retrieveable',
  'replicateable',
  'mergeable',
  'triggerable',
  'feedEnabled',
  'layoutable',
  'mruEnabled',
  'deprecatedAndHidden',
] as const;
type Feature = (typeof FEATURES)[number];

/** An object as its describe has it. */
export interface DescribedObject extends ListedObject {
  readonly features: readonly Feature[];
  readonly recordTypeInfos: readonly DescribedRecordType[];
  readonly fields: readonly DescribedField[];
}

export function readDescribe(value: unknown): DescribedObject {
  const { fields }: Members<'fields'> = object(value, 'the answer');
  return { ...readHead(value), fields: readFields(fields) };
}

/** All but the fields. */
export function readHead(value: unknown): Omit<DescribedObject, 'fields'> {
  const raw: Members<keyof DescribedObject | Feature> = object(value, 'the answer');
  requireSingle(raw, 'a describe');
  return {
    ...readListed(value),
    features: FEATURES.filter((feature) => flag(raw[feature], feature)),
    recordTypeInfos: list(raw.recordTypeInfos, 'recordTypeInfos', readRecordType),
  };
}

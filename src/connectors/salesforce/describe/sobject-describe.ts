import { requireSingle } from '../api/pages.ts';
import { flag, list, type Members, object, text } from '../json/json-values.ts';
import { type ListedObject, readListed } from './object-list.ts';
import { type DescribedField, readFields } from './sobject-field.ts';

/**
 * The members of a describe result that are used here (DescribeSObjectResult in the API's WSDL).
 * All others are dropped here, so that an object in memory is a small part of its response. Members
 * that old API versions lack get the value that their absence means. The readers throw
 * SALESFORCE_UNEXPECTED with the name of a member of another type.
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

/** Capabilities of an object, by their names in the API. */
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

/** An object as its describe result has it. */
export interface DescribedObject extends ListedObject {
  readonly features: readonly Feature[];
  readonly recordTypeInfos: readonly DescribedRecordType[];
  readonly fields: readonly DescribedField[];
}

export function readDescribe(value: unknown): DescribedObject {
  const { fields }: Members<'fields'> = object(value, 'the response');
  return { ...readHead(value), fields: readFields(fields) };
}

/** The describe result without its fields. */
export function readHead(value: unknown): Omit<DescribedObject, 'fields'> {
  const raw: Members<keyof DescribedObject | Feature> = object(value, 'the response');
  requireSingle(raw, 'a describe result');
  return {
    ...readListed(value),
    features: FEATURES.filter((feature) => flag(raw[feature], feature)),
    recordTypeInfos: list(raw.recordTypeInfos, 'recordTypeInfos', readRecordType),
  };
}

import type { SalesforceApi } from '../api/api.ts';
import { MAX_TRIES } from '../api/request.ts';
import { incomplete, requireSingle } from '../api/pages.ts';
import { flag, list, type Members, name, object, optionalText, text } from '../json/json-values.ts';

const WHAT = 'the list of objects';

/** An object as describeGlobal lists it. */
export interface ListedObject {
  readonly name: string;
  readonly label: string;
  readonly labelPlural: string;
  readonly custom: boolean;
  readonly customSetting: boolean;
  readonly keyPrefix: string | undefined;
  readonly queryable: boolean;
  /** Whether it has page layouts: its fields can be labeled and described by administrators. */
  readonly layoutable: boolean;
  readonly associateEntityType: string | undefined;
  readonly associateParentEntity: string | undefined;
}

/** No org is without objects, and no user who may call the API sees none: throws SALESFORCE_UNEXPECTED (worth another try) for an empty list too. */
export function readListing(value: unknown): readonly ListedObject[] {
  const answer: Members<'sobjects'> = object(value, 'the answer');
  requireSingle(answer, WHAT);
  const objects = list(answer.sobjects, 'sobjects', readListed);
  if (objects.length === 0) throw incomplete(WHAT, 'it has no objects');
  return objects;
}

export function readListed(value: unknown): ListedObject {
  const raw: Members<keyof ListedObject> = object(value, 'sobjects');
  return {
    name: name(raw.name, 'name'),
    label: text(raw.label, 'label'),
    labelPlural: text(raw.labelPlural, 'labelPlural'),
    custom: flag(raw.custom, 'custom'),
    customSetting: flag(raw.customSetting, 'customSetting'),
    keyPrefix: optionalText(raw.keyPrefix, 'keyPrefix'),
    queryable: flag(raw.queryable, 'queryable'),
    layoutable: flag(raw.layoutable, 'layoutable'),
    associateEntityType: optionalText(raw.associateEntityType, 'associateEntityType'),
    associateParentEntity: optionalText(raw.associateParentEntity, 'associateParentEntity'),
  };
}

export interface Listing {
  readonly objects: readonly ListedObject[];
  /** A time of the org's own clock before it listed them, as HTTP writes it: what changes from then on may be missing. Empty when it told none. */
  readonly date: string;
}

/** Every object that the user may see, in one call. */
export async function listObjects(
  api: SalesforceApi,
  version: string,
  signal: AbortSignal,
): Promise<readonly ListedObject[]> {
  const listing = await listObjectsSince(api, version, undefined, signal);
  if (listing === 'unchanged') throw incomplete(WHAT, 'it was not asked for on a condition');
  return listing.objects;
}

/** The same, unless nothing at all changed in the org since then: objects, labels, permissions. */
export async function listObjectsSince(
  api: SalesforceApi,
  version: string,
  since: string | undefined,
  signal: AbortSignal,
): Promise<Listing | 'unchanged'> {
  const before = api.orgTime;
  const answer = await api.jsonSince(
    { method: 'GET', path: `/services/data/v${version}/sobjects`, what: WHAT, tries: MAX_TRIES },
    since,
    readListing,
    signal,
  );
  if (answer === 'unchanged') return answer;
  return { objects: answer.body, date: earlier(before ?? answer.date) };
}

/** HTTP dates have no fractions: a change in the second of a date may have come before it or after. */
function earlier(date: string): string {
  const time = Date.parse(date);
  return Number.isNaN(time) ? '' : new Date(time - 1000).toUTCString();
}

import type { SalesforceApi } from '../api/api.ts';
import { incomplete, requireSingle } from '../api/pages.ts';
import { MAX_TRIES } from '../api/request.ts';
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
  /** Whether it has page layouts: administrators can label and describe its fields. */
  readonly layoutable: boolean;
  readonly associateEntityType: string | undefined;
  readonly associateParentEntity: string | undefined;
}

export interface ObjectList {
  readonly objects: readonly ListedObject[];
  /**
   * The org's time before it listed them, as HTTP writes it: later changes may be missing. Empty if
   * the org gave none.
   */
  readonly date: string;
}

/** All objects that the user may see, in one call. */
export async function listObjects(
  api: SalesforceApi,
  version: string,
  signal: AbortSignal,
): Promise<readonly ListedObject[]> {
  const answer = await listObjectsSince(api, version, undefined, signal);
  if (answer === 'unchanged') throw incomplete(WHAT, 'unchanged, but requested unconditionally');
  return answer.objects;
}

/** The same, unless nothing in the org changed since then: objects, labels, permissions. */
export async function listObjectsSince(
  api: SalesforceApi,
  version: string,
  since: string | undefined,
  signal: AbortSignal,
): Promise<ObjectList | 'unchanged'> {
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

/** HTTP dates have no fractions: a change in the same second may have come before or after. */
function earlier(date: string): string {
  const time = Date.parse(date);
  return Number.isNaN(time) ? '' : new Date(time - 1000).toUTCString();
}

/**
 * Throws SALESFORCE_UNEXPECTED (retryable) for an empty list too: every org has objects, and every
 * user with API access sees some of them.
 */
export function readListing(value: unknown): readonly ListedObject[] {
  const answer: Members<'sobjects'> = object(value, 'the response');
  requireSingle(answer, WHAT);
  const objects = list(answer.sobjects, 'sobjects', readListed);
  if (objects.length === 0) throw incomplete(WHAT, 'no objects');
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

import { MOST_TRIES, type SalesforceApi } from '../api/api.ts';
import { notWhole } from '../api/pages.ts';
import { readListing, type ListedObject } from './describe.ts';

export interface Listing {
  readonly objects: readonly ListedObject[];
  /** A time of the org's own clock before it listed them, as HTTP writes it: what changes from then on may be missing. Empty when it told none. */
  readonly date: string;
}

const WHAT = 'the list of objects';

/** Every object that the user may see, in one call. */
export async function listObjects(
  api: SalesforceApi,
  version: string,
  signal: AbortSignal,
): Promise<readonly ListedObject[]> {
  const listing = await listObjectsSince(api, version, undefined, signal);
  if (listing === 'unchanged') throw notWhole(WHAT, 'it was not asked for on a condition');
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
    { method: 'GET', path: `/services/data/v${version}/sobjects`, what: WHAT, tries: MOST_TRIES },
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

/** What kind of thing an object is, as far as it decides how it is catalogued. */
export type ObjectKind =
  | 'standard'
  | 'custom'
  | 'customSetting'
  | 'customMetadata'
  | 'event'
  | 'bigObject'
  | 'external'
  | 'history'
  | 'share'
  | 'feed'
  | 'changeEvent'
  | 'trending'
  | 'knowledgeCompanion';

const BY_SUFFIX: readonly (readonly [RegExp, ObjectKind])[] = [
  [/__mdt$/, 'customMetadata'],
  [/__e$/, 'event'],
  [/__b$/, 'bigObject'],
  [/__x$/, 'external'],
  [/(?:__)?ChangeEvent$/, 'changeEvent'],
  [/__History$/, 'history'],
  [/__Share$/, 'share'],
  [/__Feed$/, 'feed'],
];

/** What Salesforce itself keeps beside an object, by names that an administrator could have given to a custom object too. */
const STANDARD_BY_SUFFIX: readonly (readonly [RegExp, ObjectKind])[] = [
  [/__hd$/, 'trending'],
  [/__(?:ViewStat|VoteStat|DataCategorySelection|VersionHistory)$/, 'knowledgeCompanion'],
];

const BY_ASSOCIATION: Readonly<Record<string, ObjectKind>> = {
  History: 'history',
  Share: 'share',
  Feed: 'feed',
  ChangeEvent: 'changeEvent',
};

function bySuffix(table: typeof BY_SUFFIX, name: string): ObjectKind | undefined {
  return table.find(([suffix]) => suffix.test(name))?.[1];
}

/** Newer API versions say what an object is associated to; older ones leave only the name. */
export function kindOf({
  name,
  custom,
  customSetting,
  associateEntityType,
}: Pick<ListedObject, 'name' | 'custom' | 'customSetting'> & {
  readonly associateEntityType?: string | undefined;
}): ObjectKind {
  const associated =
    associateEntityType === undefined ? undefined : BY_ASSOCIATION[associateEntityType];
  const kind =
    associated ??
    bySuffix(BY_SUFFIX, name) ??
    (custom ? undefined : bySuffix(STANDARD_BY_SUFFIX, name));
  if (kind !== undefined) return kind;
  if (customSetting) return 'customSetting';
  return custom ? 'custom' : 'standard';
}

const DERIVED: ReadonlySet<ObjectKind> = new Set([
  'history',
  'share',
  'feed',
  'changeEvent',
  'trending',
  'knowledgeCompanion',
]);

/** Kinds that follow from another object and hold nothing an administrator describes. */
export function isDerived(kind: ObjectKind): boolean {
  return DERIVED.has(kind);
}

/** Whether the object's fields can have an administrator's descriptions: a change event has those of the object it tells of. */
export function isDescribable(object: ListedObject): boolean {
  const kind = kindOf(object);
  return kind === 'changeEvent' || !isDerived(kind);
}

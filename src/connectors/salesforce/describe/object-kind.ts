import type { ListedObject } from './object-list.ts';

/** The kind of an object, where it decides how the object is cataloged. */
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

/** Objects that Salesforce adds to another object. Custom objects may have such names too. */
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

/**
 * Newer API versions name the associated object; with older ones, only the name of the object shows
 * its kind.
 */
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

/** Kinds that are derived from another object and that administrators do not describe. */
export function isDerived(kind: ObjectKind): boolean {
  return DERIVED.has(kind);
}

/**
 * Whether administrators can describe the object's fields. A change event has the descriptions of
 * its object.
 */
export function isDescribable(object: ListedObject): boolean {
  const kind = kindOf(object);
  return kind === 'changeEvent' || !isDerived(kind);
}

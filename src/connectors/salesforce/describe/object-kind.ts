import type { ListedObject } from './object-list.ts';

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

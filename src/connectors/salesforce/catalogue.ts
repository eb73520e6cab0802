import { RunnerError } from '../../runtime/errors.ts';
import type { SalesforceApi } from './api.ts';
import { describeGlobalSchema, type ListedObject } from './describe.ts';

/** Every object that the user may see, in one call. */
export async function listObjects(api: SalesforceApi, version: string, signal: AbortSignal): Promise<readonly ListedObject[]> {
  const body = await api.json({ method: 'GET', path: `/services/data/v${version}/sobjects`, what: 'the list of objects' }, signal);
  const parsed = describeGlobalSchema.safeParse(body);
  if (!parsed.success) throw new RunnerError('SALESFORCE_UNEXPECTED', 'the list of objects has an unknown form', { cause: parsed.error });
  return parsed.data.sobjects;
}

/** What kind of thing an object is, as far as it decides how it is catalogued. */
export type ObjectKind = 'standard' | 'custom' | 'customSetting' | 'customMetadata' | 'event' | 'bigObject' | 'external' | 'history' | 'share' | 'feed' | 'changeEvent';

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

const BY_ASSOCIATION: Readonly<Record<string, ObjectKind>> = { History: 'history', Share: 'share', Feed: 'feed', ChangeEvent: 'changeEvent' };

/** Newer API versions say what an object is associated to; older ones leave only the name. */
export function kindOf({ name, custom, customSetting, associateEntityType }: Pick<ListedObject, 'name' | 'custom' | 'customSetting'> & { readonly associateEntityType?: string | undefined }): ObjectKind {
  const associated = associateEntityType === undefined ? undefined : BY_ASSOCIATION[associateEntityType];
  const kind = associated ?? BY_SUFFIX.find(([suffix]) => suffix.test(name))?.[1];
  if (kind !== undefined) return kind;
  if (customSetting) return 'customSetting';
  return custom ? 'custom' : 'standard';
}

/** Kinds that follow from another object and hold nothing an administrator describes. */
export function isDerived(kind: ObjectKind): boolean {
  return kind === 'history' || kind === 'share' || kind === 'feed' || kind === 'changeEvent';
}

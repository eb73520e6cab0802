import type { ObjectEntry } from './model.ts';
import { hash } from './random.ts';
import { STANDARD_OBJECTS } from './standard-objects.ts';

type Entry = Pick<ObjectEntry, 'name' | 'kind'>;
type Feature = 'replicateable' | 'searchable' | 'undeletable';

/**
 * Standard objects without page layouts, and what else they can do. Organization, UserRole and
 * UserLicense are so in the describeGlobal recorded from a real org. For the others, the reference
 * of the object has no describeLayout() among the supported calls; getUpdated(), search() and
 * undelete() there are the features.
 */
const WITHOUT_LAYOUTS: ReadonlyMap<string, readonly Feature[]> = new Map([
  ['Attachment', ['replicateable', 'searchable', 'undeletable']],
  ['ContentDocumentLink', []],
  ['ContentWorkspace', []],
  ['ExternalDataSource', []],
  ['Group', ['replicateable', 'searchable']],
  ['Note', ['replicateable', 'searchable']],
  ['OpportunityHistory', ['replicateable']],
  ['Organization', ['replicateable']],
  ['PermissionSet', ['searchable']],
  ['PermissionSetAssignment', []],
  ['Profile', ['replicateable', 'searchable']],
  ['RecordType', ['replicateable']],
  ['Report', ['searchable']],
  ['UserLicense', []],
  ['UserRole', ['replicateable', 'searchable']],
]);

/**
 * The recorded describeGlobal has 60 standard objects that belong to no other object; 27 of them
 * have page layouts. It is a part of the org's: all objects from Ui to Wo, where it is 18 of 50,
 * and some that are used much.
 */
const RECORDED = { withLayouts: 27, objects: 60 } as const;

/** Listed for their field types; Salesforce has no such objects. */
const MADE_UP = new Set(['KnowledgeCategorySelection', 'AiGroundingChunk', 'PaymentMethodSafe']);
/** Generated names of objects that real orgs have, with layouts in the recording. */
const RECORDED_NAMES = ['WorkPlan', 'WorkPlanTemplate', 'WorkStep', 'WorkType'];
const KNOWN = new Set([
  ...STANDARD_OBJECTS.map(([name]) => name).filter((name) => !MADE_UP.has(name)),
  ...RECORDED_NAMES,
]);

/**
 * Whether the object has page layouts, and so all that administrators add to objects: custom
 * fields, record types, validation rules, feeds, histories.
 */
export function hasLayouts({ name, kind }: Entry): boolean {
  if (kind !== 'standard') return kind === 'custom';
  if (KNOWN.has(name)) return !WITHOUT_LAYOUTS.has(name);
  return hash(`layouts:${name}`) % RECORDED.objects < RECORDED.withLayouts;
}

/** Most of the recorded objects without page layouts have none of these features. */
export function hasFeature(entry: Entry, feature: Feature): boolean {
  return hasLayouts(entry) || WITHOUT_LAYOUTS.get(entry.name)?.includes(feature) === true;
}

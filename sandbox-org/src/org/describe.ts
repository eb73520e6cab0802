import { describeField } from './field-shapes.ts';
import { idFor, toLongId } from './ids.ts';
import { hasFeature, hasLayouts } from './layouts.ts';
import type { ObjectEntry, ObjectKind } from './model.ts';
import type { Org } from './org.ts';
import { randomFor } from './random.ts';

/** API version and origin of a describe, whose body contains its own URLs. */
export interface DescribeTarget {
  /** `68.0`. */
  readonly version: string;
  /** `https://acme.my.salesforce.com`. */
  readonly origin: string;
}

type Flags = Record<string, boolean | string | null>;

const RECORDS = new Set<ObjectKind>(['standard', 'custom']);
const WRITABLE = new Set<ObjectKind>([
  'standard',
  'custom',
  'setting',
  'share',
  'external',
  'event',
  'big',
]);
const QUERYABLE = new Set<ObjectKind>([
  'standard',
  'custom',
  'setting',
  'metadata',
  'share',
  'history',
  'feed',
  'external',
  'big',
]);
const ASSOCIATED: Partial<Record<ObjectKind, string>> = {
  share: 'Share',
  history: 'History',
  feed: 'Feed',
  changeEvent: 'ChangeEvent',
};

/** The properties that describeGlobal and describe have in common, in the API's order. */
function flagsOf(entry: ObjectEntry): Flags {
  const { kind, name } = entry;
  const layouts = hasLayouts(entry);
  const custom = kind !== 'standard' && !entry.parent;
  return {
    activateable: false,
    associateEntityType: ASSOCIATED[kind] ?? null,
    associateParentEntity: entry.parent,
    createable: WRITABLE.has(kind),
    custom,
    customSetting: kind === 'setting',
    dataTranslationEnabled: false,
    deepCloneable: false,
    deletable: WRITABLE.has(kind) && kind !== 'event',
    deprecatedAndHidden: false,
    feedEnabled: layouts && !name.startsWith('User'),
    hasSubtypes: false,
    idEnabled: true,
    isInterface: false,
    isSubtype: false,
    keyPrefix: entry.keyPrefix,
    label: entry.label,
    labelPlural: entry.labelPlural,
    layoutable: layouts,
    mergeable: MERGEABLE.has(name),
    mruEnabled: layouts,
    name,
    queryable: QUERYABLE.has(kind),
    replicateable: hasFeature(entry, 'replicateable') || kind === 'history',
    retrieveable: kind !== 'event',
    searchable: hasFeature(entry, 'searchable'),
    triggerable: layouts || kind === 'event' || kind === 'changeEvent',
    undeletable: hasFeature(entry, 'undeletable'),
    updateable: WRITABLE.has(kind) && kind !== 'event' && kind !== 'big',
  };
}

const MERGEABLE = new Set(['Account', 'Contact', 'Lead', 'Individual']);

function urlsOf(entry: ObjectEntry, target: DescribeTarget, full: boolean): Record<string, string> {
  const base = `/services/data/v${target.version}/sobjects/${entry.name}`;
  const eventSchema = entry.kind === 'changeEvent' ? { eventSchema: `${base}/eventSchema` } : {};
  if (!hasLayouts(entry))
    return {
      rowTemplate: `${base}/{ID}`,
      ...eventSchema,
      describe: `${base}/describe`,
      sobject: base,
    };
  return {
    compactLayouts: `${base}/describe/compactLayouts`,
    rowTemplate: `${base}/{ID}`,
    approvalLayouts: `${base}/describe/approvalLayouts`,
    ...(full
      ? { uiDetailTemplate: `${target.origin}/{ID}`, uiEditTemplate: `${target.origin}/{ID}/e` }
      : {}),
    defaultValues: `${base}/defaultValues?recordTypeId&fields`,
    listviews: `${base}/listviews`,
    describe: `${base}/describe`,
    ...(full ? { uiNewRecord: `${target.origin}/${entry.keyPrefix}/e` } : {}),
    quickActions: `${base}/quickActions`,
    layouts: `${base}/describe/layouts`,
    sobject: base,
  };
}

/** The body of `GET /sobjects`. */
export function describeGlobal(org: Org, target: DescribeTarget): string {
  const sobjects = org
    .list()
    .map((entry) => ({ ...flagsOf(entry), urls: urlsOf(entry, target, false) }));
  return JSON.stringify({ encoding: 'UTF-8', maxBatchSize: 200, sobjects });
}

/** The body of `GET /sobjects/X`: no fields. */
export function describeBasics(entry: ObjectEntry, target: DescribeTarget): string {
  return JSON.stringify({
    objectDescribe: { ...flagsOf(entry), urls: urlsOf(entry, target, false) },
    recentItems: [],
  });
}

/** The body of `GET /sobjects/X/describe`. */
export function describe(org: Org, entry: ObjectEntry, target: DescribeTarget): string {
  const flags = flagsOf(entry);
  const whole = {
    ...flags,
    actionOverrides: actionOverrides(entry),
    childRelationships: org.children(entry.name),
    compactLayoutable: hasLayouts(entry),
    defaultImplementation: null,
    extendedBy: null,
    extendsInterfaces: null,
    fields: org.fields(entry.name).map((field) => describeField(field.traits)),
    implementedBy: null,
    implementsInterfaces: null,
    listviewable: null,
    lookupLayoutable: null,
    namedLayoutInfos: [],
    networkScopeFieldName: null,
    recordTypeInfos: recordTypes(org, entry, target),
    searchLayoutable: hasLayouts(entry),
    sobjectDescribeOption: 'FULL',
    supportedScopes: scopes(entry),
    urls: urlsOf(entry, target, true),
  };
  return JSON.stringify(
    Object.fromEntries(Object.entries(whole).sort(([a], [b]) => (a < b ? -1 : 1))),
  );
}

function actionOverrides(entry: ObjectEntry): unknown[] {
  if (entry.kind !== 'custom' || entry.label.length % 5 !== 0) return [];
  return [
    {
      formFactor: 'LARGE',
      isAvailableInTouch: false,
      name: 'View',
      pageId: toLongId(idFor('0M0', entry.name)),
      url: null,
    },
  ];
}

export interface RecordTypeInfo {
  readonly name: string;
  readonly developerName: string;
  readonly recordTypeId: string;
  readonly active: boolean;
}

const TYPE_NAMES = [
  'Household',
  'Business',
  'Partner',
  'Internal',
  'Legacy',
  'Renewal',
  'New Logo',
  'Field Service',
] as const;
const MASTER: RecordTypeInfo = {
  name: 'Master',
  developerName: 'Master',
  recordTypeId: '012000000000000AAA',
  active: true,
};

/** The object's record types except the master record type. */
export function recordTypesOf(entry: ObjectEntry, seed: number): RecordTypeInfo[] {
  const random = randomFor(`${seed}:recordTypes:${entry.name}`);
  if (!hasLayouts(entry) || !random.chance(entry.name === 'Account' ? 1 : 0.2)) return [];
  return TYPE_NAMES.slice(0, random.int(1, TYPE_NAMES.length)).map((name) => ({
    name,
    developerName: name.replaceAll(' ', '_'),
    recordTypeId: toLongId(idFor('012', `${entry.name}.${name}`)),
    active: !random.chance(0.1),
  }));
}

function recordTypes(org: Org, entry: ObjectEntry, target: DescribeTarget): unknown[] {
  if (!hasLayouts(entry)) return [];
  const own = recordTypesOf(entry, org.seed);
  const layouts = `/services/data/v${target.version}/sobjects/${entry.name}/describe/layouts/`;
  return [...own, MASTER].map((info, i) => ({
    active: info.active,
    available: info.active,
    defaultRecordTypeMapping: i === 0,
    developerName: info.developerName,
    master: info === MASTER,
    name: info.name,
    recordTypeId: info.recordTypeId,
    urls: { layout: layouts + info.recordTypeId },
  }));
}

function scopes(entry: ObjectEntry): unknown[] {
  if (!RECORDS.has(entry.kind)) return [];
  const plural = entry.labelPlural.toLowerCase();
  const team = entry.name === 'Account' ? [{ label: `My team's ${plural}`, name: 'team' }] : [];
  return [
    { label: `All ${plural}`, name: 'everything' },
    { label: `My ${plural}`, name: 'mine' },
    ...team,
  ];
}

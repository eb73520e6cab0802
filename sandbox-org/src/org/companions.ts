import { hasLayouts } from './layouts.ts';
import type { ObjectEntry, ObjectKind } from './model.ts';
import { randomFor } from './random.ts';

type CompanionKind = Extract<ObjectKind, 'share' | 'history' | 'feed' | 'changeEvent'>;

const SUFFIX: Record<CompanionKind, string> = {
  share: 'Share',
  history: 'History',
  feed: 'Feed',
  changeEvent: 'ChangeEvent',
};
const LIKELIHOOD: Record<CompanionKind, number> = {
  share: 0.6,
  history: 0.5,
  feed: 0.4,
  changeEvent: 0.35,
};
/** In the recorded describeGlobal, 3 of 33 of these have shares, and none the other three. */
const WITHOUT_LAYOUTS: Record<CompanionKind, number> = {
  share: 3 / 33,
  history: 0,
  feed: 0,
  changeEvent: 0,
};

/** Setup objects, which are never shared, tracked or streamed. */
const BARE = new Set([
  'Organization',
  'Group',
  'RecordType',
  'Profile',
  'UserRole',
  'UserLicense',
  'PermissionSet',
  'Report',
  'Dashboard',
]);

/** The share, history, feed and change event objects of a main object. */
export function companionsOf(main: ObjectEntry, seed: number): ObjectEntry[] {
  if ((main.kind !== 'standard' && main.kind !== 'custom') || BARE.has(main.name)) return [];
  const random = randomFor(`${seed}:companions:${main.name}`);
  const likelihood = hasLayouts(main) ? LIKELIHOOD : WITHOUT_LAYOUTS;
  const kinds = (Object.keys(SUFFIX) as CompanionKind[]).filter((kind) =>
    random.chance(likelihood[kind]),
  );
  return kinds.map((kind) => companion(main, kind));
}

function companion(main: ObjectEntry, kind: CompanionKind): ObjectEntry {
  const label = `${main.label} ${kind === 'changeEvent' ? 'Change Event' : SUFFIX[kind]}`;
  return {
    name: companionName(main, kind),
    kind,
    namespace: main.namespace,
    keyPrefix: null,
    label,
    labelPlural: label,
    parent: main.name,
  };
}

/**
 * `Account` → `AccountShare`, `Deal__c` → `Deal__Share`; Opportunity's history is
 * `OpportunityFieldHistory`.
 */
function companionName(main: ObjectEntry, kind: CompanionKind): string {
  if (main.name === 'Opportunity' && kind === 'history') return 'OpportunityFieldHistory';
  return main.name.endsWith('__c')
    ? main.name.replace(/__c$/, `__${SUFFIX[kind]}`)
    : main.name + SUFFIX[kind];
}

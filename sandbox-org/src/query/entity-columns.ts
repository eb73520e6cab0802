import { developerName, entityId, isCustom } from '../org/durable-ids.ts';
import { objectDescription } from '../org/governance.ts';
import { hasFeature, hasLayouts } from '../org/layouts.ts';
import type { ObjectEntry } from '../org/model.ts';
import type { Org } from '../org/org.ts';
import { hash } from '../org/random.ts';
import { INTEGRATION_USER } from './integration-user.ts';
import { momentOrNull } from './moment.ts';
import { JsonValue, type Cell } from './table.ts';

const SHARING = [
  'Private',
  'Read',
  'ReadWrite',
  'ReadWriteTransfer',
  'FullAccess',
  'ControlledByParent',
] as const;

function sharing(entry: ObjectEntry, which: string): string {
  if (entry.kind !== 'standard' && entry.kind !== 'custom') return 'ReadWrite';
  return SHARING[hash(`${which}:${entry.name}`) % SHARING.length] ?? 'Private';
}

type EntityColumns = Record<string, (entry: ObjectEntry) => Cell>;

/** Columns of EntityDefinition. */
export function entityColumns(org: Org): EntityColumns {
  return {
    DurableId: entityId,
    QualifiedApiName: (e) => e.name,
    DeveloperName: (e) => developerName(e.name),
    NamespacePrefix: (e) => e.namespace,
    Label: (e) => e.label,
    MasterLabel: (e) => e.label,
    PluralLabel: (e) => e.labelPlural,
    KeyPrefix: (e) => e.keyPrefix,
    Description: (e) => objectDescription(e.name, e.label, org.seed),
    DeploymentStatus: (e) => (isCustom(e) ? 'Deployed' : null),
    InternalSharingModel: (e) => sharing(e, 'internal'),
    ExternalSharingModel: (e) => (holdsRecords(e) ? 'Private' : null),
    PublisherId: (e) => e.namespace ?? (isCustom(e) ? '<local>' : 'System'),
    ...ENTITY_FLAGS,
    RecordTypesSupported: () => new JsonValue({ recordTypeInfos: [] }),
    LastModifiedDate: (e) => momentOrNull(org.customizedAt(e.name)),
    LastModifiedById: (e) => (org.customizedAt(e.name) === null ? null : INTEGRATION_USER),
    Metadata: () => new JsonValue(null),
    FullName: (e) => e.name,
  };
}

const holdsRecords = ({ kind }: ObjectEntry): boolean => kind === 'standard' || kind === 'custom';
const yes = (): Cell => true;
const no = (): Cell => false;

const ENTITY_FLAGS: EntityColumns = {
  IsCustomSetting: (e) => e.kind === 'setting',
  IsCustomizable: hasLayouts,
  IsQueryable: (e) => e.kind !== 'event' && e.kind !== 'changeEvent',
  IsRetrieveable: yes,
  IsReplicateable: (e) => hasFeature(e, 'replicateable'),
  IsSearchable: (e) => hasFeature(e, 'searchable'),
  IsApexTriggerable: hasLayouts,
  IsTriggerable: hasLayouts,
  IsWorkflowEnabled: hasLayouts,
  IsProcessEnabled: hasLayouts,
  IsFeedEnabled: hasLayouts,
  IsFieldHistoryTracked: (e) => hasLayouts(e) && hash(e.name) % 2 === 0,
  IsFlsEnabled: holdsRecords,
  IsLayoutable: hasLayouts,
  IsCompactLayoutable: hasLayouts,
  IsSearchLayoutable: hasLayouts,
  IsReportingEnabled: holdsRecords,
  IsInterface: no,
  IsSubtype: no,
  HasSubtypes: no,
  IsDeprecatedAndHidden: no,
  IsEverCreatable: yes,
  IsEverDeletable: holdsRecords,
  IsEverUpdatable: holdsRecords,
  IsIdEnabled: yes,
  IsMruEnabled: hasLayouts,
  IsCloneable: holdsRecords,
  IsSharingAllowed: holdsRecords,
  IsBulkApiAccessAllowed: yes,
  IsStreamingApiAccessAllowed: holdsRecords,
  IsActivityTrackable: holdsRecords,
};

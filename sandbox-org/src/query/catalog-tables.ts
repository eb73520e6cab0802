import {
  developerName,
  entityId,
  fieldDurableId,
  isCustom,
  namespaceOf,
} from '../org/durable-ids.ts';
import { PACKAGES } from '../org/object-list.ts';
import { fieldDescription, governanceOf, objectDescription } from '../org/governance.ts';
import { describeField } from '../org/field-shapes.ts';
import type { Field, FieldDescription, Governance, ObjectEntry } from '../org/model.ts';
import { recordId } from '../org/ids.ts';
import type { Org } from '../org/org.ts';
import { hash } from '../org/random.ts';
import { uiType } from '../org/ui-types.ts';
import { momentOrNull } from './moment.ts';
import {
  defineTable,
  JsonValue,
  type Cell,
  type Row,
  type Schema,
  type SpecTable,
  type Table,
} from './table.ts';

interface FieldSource {
  readonly entry: ObjectEntry;
  readonly field: Field;
  readonly describe: FieldDescription;
}

type Package = (typeof PACKAGES)[number];

/** The catalogue of the Tooling API: objects, fields, particles and publishers, in restricted SOQL. */
export function catalogueTables(org: Org, integrationUser: () => Row | null): Map<string, Table> {
  const publishers: SpecTable<Package> = defineTable<Package>({
    type: 'Publisher',
    restricted: true,
    id: (source) => source.namespace,
    sources: () => PACKAGES,
    columns: {
      DurableId: (s) => s.namespace,
      NamespacePrefix: (s) => s.namespace,
      Name: (s) => s.publisher,
      IsSalesforce: () => false,
      MajorVersion: () => 4,
      MinorVersion: () => 2,
    },
  });
  const publisherOf = (entry: ObjectEntry): Row | null => {
    const found = PACKAGES.find(({ namespace }) => namespace === entry.namespace);
    return found ? publishers.row(found) : null;
  };
  const users = { table: () => ({ schema: USER_SCHEMA }) };
  const entities = defineTable<ObjectEntry>({
    type: 'EntityDefinition',
    restricted: true,
    id: entityId,
    sources: () => org.list(),
    columns: entityColumns(org),
    relations: {
      Publisher: { table: () => publishers, get: publisherOf },
      LastModifiedBy: {
        ...users,
        get: (s) => (org.customizedAt(s.name) === null ? null : integrationUser()),
      },
    },
  });
  const entityRelation = { table: () => entities, get: (s: FieldSource) => entities.row(s.entry) };
  const fields: SpecTable<FieldSource> = defineTable<FieldSource>({
    type: 'FieldDefinition',
    restricted: true,
    id: (s) => fieldDurableId(s.entry, s.describe.name),
    columns: fieldColumns(org),
    sources: (names) => fieldSources(org, names).filter(({ describe }) => !isComponent(describe)),
    relations: {
      EntityDefinition: entityRelation,
      LastModifiedBy: { ...users, get: (s) => (s.describe.custom ? integrationUser() : null) },
    },
  });
  const particles = defineTable<FieldSource>({
    type: 'EntityParticle',
    restricted: true,
    id: (s) => fieldDurableId(s.entry, s.describe.name),
    columns: particleColumns(org),
    sources: (names) =>
      fieldSources(org, names).filter(({ describe }) => !describe.queryByDistance),
    relations: {
      EntityDefinition: entityRelation,
      FieldDefinition: { table: () => fields, get: (s) => fields.row(s) },
    },
  });
  return new Map(
    [publishers, entities, fields, particles].map((table): [string, Table] => [
      table.schema.type.toLowerCase(),
      table,
    ]),
  );
}

const USER_COLUMNS = new Map(
  ['Id', 'Name', 'Username', 'Email'].map((name) => [name.toLowerCase(), name]),
);

const USER_SCHEMA: Schema = {
  type: 'User',
  column: (name) => USER_COLUMNS.get(name.toLowerCase()),
  relation: () => undefined,
  columns: () => [...USER_COLUMNS.values()],
};

const isComponent = ({ compoundFieldName, name }: FieldDescription): boolean =>
  compoundFieldName !== null && compoundFieldName !== name;

/** The fields of the entities that are named by API name or by durable id in either length. */
function fieldSources(org: Org, names: readonly string[] | null): FieldSource[] {
  const wanted = new Set((names ?? []).flatMap((name) => [name.toLowerCase(), name.slice(0, 15)]));
  const chosen = org
    .list()
    .filter(
      (entry) =>
        wanted.has(entry.name.toLowerCase()) || (isCustom(entry) && wanted.has(entityId(entry))),
    );
  return chosen.flatMap((entry) =>
    org
      .fields(entry.name)
      .map((field) => ({ entry, field, describe: describeField(field.traits) })),
  );
}

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

function entityColumns(org: Org): EntityColumns {
  const records = (entry: ObjectEntry): boolean =>
    entry.kind === 'standard' || entry.kind === 'custom';
  const yes = (): Cell => true;
  const no = (): Cell => false;
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
    ExternalSharingModel: (e) => (records(e) ? 'Private' : null),
    PublisherId: (e) => e.namespace ?? (isCustom(e) ? '<local>' : 'System'),
    IsCustomSetting: (e) => e.kind === 'setting',
    IsCustomizable: (e) => records(e),
    IsQueryable: (e) => e.kind !== 'event' && e.kind !== 'changeEvent',
    IsRetrieveable: yes,
    IsReplicateable: records,
    IsSearchable: records,
    IsApexTriggerable: records,
    IsTriggerable: records,
    IsWorkflowEnabled: records,
    IsProcessEnabled: records,
    IsFeedEnabled: records,
    IsFieldHistoryTracked: (e) => records(e) && hash(e.name) % 2 === 0,
    IsFlsEnabled: records,
    IsLayoutable: records,
    IsCompactLayoutable: records,
    IsSearchLayoutable: records,
    IsReportingEnabled: records,
    IsInterface: no,
    IsSubtype: no,
    HasSubtypes: no,
    IsDeprecatedAndHidden: no,
    IsEverCreatable: yes,
    IsEverDeletable: records,
    IsEverUpdatable: records,
    IsIdEnabled: yes,
    IsMruEnabled: records,
    IsCloneable: records,
    IsSharingAllowed: records,
    IsBulkApiAccessAllowed: yes,
    IsStreamingApiAccessAllowed: records,
    IsActivityTrackable: records,
    RecordTypesSupported: () => new JsonValue({ recordTypeInfos: [] }),
    LastModifiedDate: (e) => momentOrNull(org.customizedAt(e.name)),
    LastModifiedById: (e) => (org.customizedAt(e.name) === null ? null : INTEGRATION),
    Metadata: () => new JsonValue(null),
    FullName: (e) => e.name,
  };
}

const INTEGRATION = recordId('005', 0);

type FieldColumns = Record<string, (source: FieldSource) => Cell>;

function commonColumns(): FieldColumns {
  return {
    Id: (s) => fieldDurableId(s.entry, s.describe.name),
    DurableId: (s) => fieldDurableId(s.entry, s.describe.name),
    QualifiedApiName: (s) => s.describe.name,
    DeveloperName: (s) => developerName(s.describe.name).replace(/(?<=[a-z])Id$/, ''),
    NamespacePrefix: (s) => (s.describe.custom ? namespaceOf(s.describe.name) : null),
    Label: (s) => s.describe.label,
    MasterLabel: (s) => s.describe.label,
    Length: (s) => s.describe.length,
    Precision: (s) => s.describe.precision,
    Scale: (s) => s.describe.scale,
    IsCalculated: (s) => s.describe.calculated,
    IsNillable: (s) => s.describe.nillable,
    IsCompound: (s) => s.describe.queryByDistance,
    IsHighScaleNumber: (s) => s.describe.highScaleNumber,
    IsHtmlFormatted: (s) => s.describe.htmlFormatted,
    IsNameField: (s) => s.describe.nameField,
    IsFieldHistoryTracked: (s) => hash(s.describe.name) % 7 === 0,
    ReferenceTo: (s) =>
      new JsonValue({
        referenceTo: s.describe.referenceTo.length > 0 ? s.describe.referenceTo : null,
      }),
    RelationshipName: (s) => s.describe.relationshipName,
    ReferenceTargetField: (s) => s.describe.referenceTargetField,
    ExtraTypeInfo: (s) => s.describe.extraTypeInfo,
    ValueTypeId: (s) => s.describe.type,
    EntityDefinitionId: (s) => entityId(s.entry),
    PublisherId: (s) => s.entry.namespace ?? 'System',
  };
}

function fieldColumns(org: Org): FieldColumns {
  const governed =
    (pick: (of: Governance) => Cell) =>
    (s: FieldSource): Cell => {
      const governance = governanceOf(s.entry.name, s.field, org.seed);
      return governance ? pick(governance) : null;
    };
  const touched = (s: FieldSource): number | null =>
    org.fieldModifiedAt(s.entry.name, s.describe.name);
  return {
    ...commonColumns(),
    DataType: (s) => uiType(s.field),
    Description: (s) =>
      s.field.description ?? fieldDescription(s.entry.name, s.field.traits, org.seed),
    BusinessOwnerId: governed((g) => g.businessOwnerId),
    BusinessStatus: governed((g) => g.businessStatus),
    ComplianceGroup: governed((g) => g.complianceGroup),
    SecurityClassification: governed((g) => g.securityClassification),
    IsIndexed: (s) => s.describe.idLookup || s.describe.type === 'reference',
    IsPolymorphicForeignKey: (s) => s.describe.polymorphicForeignKey,
    IsFlsEnabled: (s) => s.describe.permissionable,
    IsApiFilterable: (s) => s.describe.filterable,
    IsApiGroupable: (s) => s.describe.groupable,
    IsApiSortable: (s) => s.describe.sortable,
    IsListVisible: () => true,
    IsListFilterable: (s) => s.describe.filterable,
    IsListSortable: (s) => s.describe.sortable,
    IsSearchPrefilterable: (s) => s.describe.searchPrefilterable,
    IsWorkflowFilterable: (s) => s.describe.filterable,
    IsCompactLayoutable: () => true,
    IsAiPredictionField: () => false,
    IsEverApiAccessible: () => true,
    CalculatedFormulaReferences: () => new JsonValue(null),
    ControllingFieldDefinitionId: (s) =>
      s.describe.controllerName ? fieldDurableId(s.entry, s.describe.controllerName) : null,
    LastModifiedDate: (s) => momentOrNull(touched(s)),
    LastModifiedById: (s) => (touched(s) === null ? null : INTEGRATION),
    ParentEnumOrId: (s) => entityId(s.entry),
    Metadata: () => new JsonValue(null),
    FullName: (s) => `${s.entry.name}.${s.describe.name}`,
  };
}

function particleColumns(org: Org): FieldColumns {
  return {
    ...commonColumns(),
    DataType: (s) => s.describe.type,
    ByteLength: (s) => s.describe.byteLength,
    Digits: (s) => s.describe.digits,
    IsUnique: (s) => s.describe.unique,
    IsAutonumber: (s) => s.describe.autoNumber,
    IsEncrypted: (s) => s.describe.encrypted,
    EncryptionState: () => null,
    Mask: (s) => s.describe.mask,
    MaskType: (s) => s.describe.maskType,
    IsComponent: (s) => isComponent(s.describe),
    IsIdLookup: (s) => s.describe.idLookup,
    DefaultValueFormula: (s) => s.describe.defaultValueFormula,
    InlineHelpText: (s) => s.describe.inlineHelpText,
    IsDependentPicklist: (s) => s.describe.dependentPicklist,
    IsApiFilterable: (s) => s.describe.filterable,
    IsApiGroupable: (s) => s.describe.groupable,
    IsApiSortable: (s) => s.describe.sortable,
    IsCreatable: (s) => s.describe.createable,
    IsUpdatable: (s) => s.describe.updateable,
    IsDefaultedOnCreate: (s) => s.describe.defaultedOnCreate,
    IsPermissionable: (s) => s.describe.permissionable,
    IsNamePointing: (s) => s.describe.namePointing,
    IsDeprecatedAndHidden: () => false,
    IsCaseSensitive: (s) => s.describe.caseSensitive,
    RelationshipOrder: (s) => s.describe.relationshipOrder,
    FieldDefinitionId: (s) => fieldDurableId(s.entry, s.describe.name),
    LastModifiedDate: (s) => momentOrNull(org.fieldModifiedAt(s.entry.name, s.describe.name)),
    FullName: (s) => `${s.entry.name}.${s.describe.name}`,
  };
}

import { developerName, entityId, fieldDurableId, namespaceOf } from '../org/durable-ids.ts';
import { fieldDescription, governanceOf } from '../org/governance.ts';
import type { Field, FieldDescription, Governance, ObjectEntry } from '../org/model.ts';
import type { Org } from '../org/org.ts';
import { hash } from '../org/random.ts';
import { uiType } from '../org/ui-types.ts';
import { INTEGRATION_USER } from './integration-user.ts';
import { momentOrNull } from './moment.ts';
import { JsonValue, type Cell } from './table.ts';

/** A field with its object and its describe. */
export interface FieldSource {
  readonly entry: ObjectEntry;
  readonly field: Field;
  readonly describe: FieldDescription;
}

/** Whether the field is a part of a compound field. */
export const isComponent = ({ compoundFieldName, name }: FieldDescription): boolean =>
  compoundFieldName !== null && compoundFieldName !== name;

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

/** Columns of FieldDefinition. */
export function fieldColumns(org: Org): FieldColumns {
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
    ...FIELD_FLAGS,
    CalculatedFormulaReferences: () => new JsonValue(null),
    ControllingFieldDefinitionId: (s) =>
      s.describe.controllerName ? fieldDurableId(s.entry, s.describe.controllerName) : null,
    LastModifiedDate: (s) => momentOrNull(touched(s)),
    LastModifiedById: (s) => (touched(s) === null ? null : INTEGRATION_USER),
    ParentEnumOrId: (s) => entityId(s.entry),
    Metadata: () => new JsonValue(null),
    FullName: (s) => `${s.entry.name}.${s.describe.name}`,
  };
}

const FIELD_FLAGS: FieldColumns = {
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
};

/** Columns of EntityParticle. */
export function particleColumns(org: Org): FieldColumns {
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

import {
  customObjectId,
  developerName,
  entityId,
  isCustom,
  namespaceOf,
} from '../org/durable-ids.ts';
import { fieldDescription, governanceOf, objectDescription } from '../org/governance.ts';
import type { ObjectEntry } from '../org/model.ts';
import type { Org } from '../org/org.ts';
import { moment } from './moment.ts';
import { audit, born, state, type Authors } from './setup-columns.ts';
import { customFields, customObjects, type CustomFieldSource } from './setup-sources.ts';
import { defineTable, JsonValue, type Table } from './table.ts';

/** CustomObject. */
export function customObjectTable(org: Org, relations: Authors): Table {
  return defineTable<ObjectEntry>({
    type: 'CustomObject',
    id: customObjectId,
    sources: () => customObjects(org),
    relations,
    columns: {
      Id: customObjectId,
      DeveloperName: (s) => developerName(s.name),
      NamespacePrefix: (s) => s.namespace,
      Description: (s) => objectDescription(s.name, s.label, org.seed),
      Language: () => 'en_US',
      ManageableState: (s) => state(s.namespace),
      ExternalName: () => null,
      ExternalRepository: () => null,
      SharingModel: () => 'Private',
      CustomHelpId: () => null,
      ...audit<ObjectEntry>(
        (s) => org.customizedAt(s.name) ?? 0,
        (s) => s.name,
      ),
    },
  });
}

/** CustomField. */
export function customFieldTable(org: Org, relations: Authors): Table {
  const traits = (s: CustomFieldSource): CustomFieldSource['field']['traits'] => s.field.traits;
  return defineTable<CustomFieldSource>({
    type: 'CustomField',
    id: (s) => s.id,
    sources: (entities) => customFields(org, entities),
    relations,
    columns: {
      Id: (s) => s.id,
      DeveloperName: (s) => developerName(traits(s).name),
      NamespacePrefix: (s) => namespaceOf(traits(s).name),
      TableEnumOrId: (s) => (isCustom(s.entry) ? customObjectId(s.entry) : s.entry.name),
      EntityDefinitionId: (s) => entityId(s.entry),
      Description: (s) =>
        s.field.description ?? fieldDescription(s.entry.name, traits(s), org.seed),
      InlineHelpText: (s) => traits(s).inlineHelpText ?? null,
      Length: (s) => traits(s).length ?? null,
      Precision: (s) => traits(s).precision ?? null,
      Scale: (s) => traits(s).scale ?? null,
      SummaryOperation: (s) => s.field.rollUp?.split(' ')[0]?.toLowerCase() ?? null,
      RelationshipLabel: () => null,
      ManageableState: (s) => state(namespaceOf(traits(s).name)),
      Metadata: (s) => new JsonValue(fieldMetadata(org, s)),
      FullName: (s) => `${s.entry.name}.${traits(s).name}`,
      ...audit<CustomFieldSource>(
        (s) => org.fieldModifiedAt(s.entry.name, traits(s).name) ?? 0,
        (s) => s.id,
      ),
      CreatedDate: (s) =>
        moment(
          org.fieldCreatedAt(s.entry.name, traits(s).name) ??
            Math.min(born(s.id), org.fieldModifiedAt(s.entry.name, traits(s).name) ?? 0),
        ),
    },
  });
}

function fieldMetadata(org: Org, { entry, field }: CustomFieldSource): Record<string, unknown> {
  const governance = governanceOf(entry.name, field, org.seed);
  return {
    label: field.traits.label,
    description: fieldDescription(entry.name, field.traits, org.seed),
    inlineHelpText: field.traits.inlineHelpText ?? null,
    formula: field.traits.calculatedFormula ?? null,
    complianceGroup: governance?.complianceGroup ?? null,
    securityClassification: governance?.securityClassification ?? null,
    businessStatus: governance?.businessStatus ?? null,
    ...summaryOf(org, entry.name, field.rollUp),
    type: field.traits.type,
  };
}

/** The definition of a roll-up summary; nulls for any other field. */
function summaryOf(org: Org, parent: string, rollUp: string | null): Record<string, unknown> {
  const [operation = '', child = ''] = rollUp?.split(' ') ?? [];
  const fields = rollUp === null ? [] : org.fields(child).map(({ traits }) => traits);
  const master = fields.find(
    ({ referenceTo, relationshipOrder }) =>
      referenceTo?.includes(parent) && typeof relationshipOrder === 'number',
  );
  if (!master)
    return {
      summaryOperation: null,
      summaryForeignKey: null,
      summarizedField: null,
      summaryFilterItems: [],
    };
  const number = fields.find(
    ({ type, calculated }) =>
      (type === 'double' || type === 'currency' || type === 'percent') && !calculated,
  );
  return {
    summaryOperation: operation.toLowerCase(),
    summaryForeignKey: `${child}.${master.name}`,
    summaryFilterItems: [],
    summarizedField: operation === 'COUNT' || !number ? null : `${child}.${number.name}`,
  };
}

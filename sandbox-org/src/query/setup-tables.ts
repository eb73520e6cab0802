import {
  customObjectId,
  developerName,
  entityId,
  isCustom,
  namespaceOf,
} from '../org/durable-ids.ts';
import { recordTypesOf, type RecordTypeInfo } from '../org/describe.ts';
import { fieldDescription, governanceOf, objectDescription } from '../org/governance.ts';
import { recordId } from '../org/ids.ts';
import type { ObjectEntry } from '../org/model.ts';
import type { Org } from '../org/org.ts';
import { hash } from '../org/random.ts';
import { moment } from './moment.ts';
import {
  components,
  customFields,
  customObjects,
  type Component,
  type CustomFieldSource,
} from './setup-sources.ts';
import {
  defineTable,
  JsonValue,
  type Cell,
  type RelationSpec,
  type Row,
  type Schema,
  type Table,
} from './table.ts';

const EDITOR = recordId('005', 0);

interface Users {
  readonly schema: () => Schema | undefined;
  readonly integration: () => Row | null;
}

/** The Tooling API's ordinary tables (full SOQL, paging): custom objects and fields, rules, triggers, classes, flows. */
export function setupTables(
  org: Org,
  users: Users,
): { tooling: Map<string, Table>; data: Map<string, Table> } {
  const by: RelationSpec<unknown> = {
    table: () => ({ schema: users.schema() ?? NO_USERS }),
    get: () => users.integration(),
  };
  const authors = { CreatedBy: by, LastModifiedBy: by };
  const object = customObjectTable(org, authors);
  const field = customFieldTable(org, authors);
  const rule = ruleTable(org, authors);
  const trigger = triggerTable(org, authors);
  const apexClass = classTable(org, authors);
  const recordType = recordTypeTable(org);
  const [flowView, ...flows] = flowTables(org, authors);
  return {
    tooling: byType([object, field, rule, trigger, apexClass, recordType, ...flows]),
    data: byType([trigger, apexClass, recordType, flowView]),
  };
}

function byType(tables: readonly Table[]): Map<string, Table> {
  return new Map(tables.map((table) => [table.schema.type.toLowerCase(), table]));
}

const NO_USERS: Schema = {
  type: 'User',
  column: () => undefined,
  relation: () => undefined,
  columns: () => [],
};
type Authors = Record<'CreatedBy' | 'LastModifiedBy', RelationSpec<unknown>>;

const state = (namespace: string | null): string => (namespace ? 'installed' : 'unmanaged');
const born = (name: string): number => Date.UTC(2014, 4, 4) + (hash(name) % 2000) * 86_400_000;

/** Audit columns that all setup objects have. */
function audit<S>(
  modified: (source: S) => number,
  key: (source: S) => string,
): Record<string, (source: S) => Cell> {
  return {
    CreatedDate: (s) => moment(Math.min(born(key(s)), modified(s))),
    CreatedById: () => EDITOR,
    LastModifiedDate: (s) => moment(modified(s)),
    LastModifiedById: () => EDITOR,
  };
}

function customObjectTable(org: Org, relations: Authors): Table {
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

function customFieldTable(org: Org, relations: Authors): Table {
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

/** The definition of a roll-up summary, or of none. */
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

/** Columns shared by everything that is a {@link Component}. */
function componentColumns(): Record<string, (source: Component) => Cell> {
  return {
    Id: (s) => s.id,
    NamespacePrefix: (s) => s.namespace,
    ManageableState: (s) => state(s.namespace),
    ...audit<Component>(
      (s) => born(s.id) + 86_400_000 * 40,
      (s) => s.id,
    ),
  };
}

const entityOf = (s: Component): Cell => (s.entry ? entityId(s.entry) : null);

function ruleTable(org: Org, relations: Authors): Table {
  return defineTable<Component>({
    type: 'ValidationRule',
    id: (s) => s.id,
    sources: () => components(org, '03d', 'Rule', 0.35, 4),
    relations,
    columns: {
      ...componentColumns(),
      ValidationName: (s) => s.name,
      Active: (s) => s.active,
      EntityDefinitionId: entityOf,
      ErrorDisplayField: (s) => s.field,
      Description: (s) => (s.active ? `Guards ${s.field}` : null),
      ErrorMessage: (s) => `Check "${s.field}" before you save.`,
      Metadata: (s) =>
        new JsonValue({
          active: s.active,
          errorConditionFormula: `ISBLANK(${s.field})`,
          errorMessage: `Check "${s.field}" before you save.`,
        }),
      FullName: (s) => `${s.entry?.name}.${s.name}`,
    },
  });
}

function triggerTable(org: Org, relations: Authors): Table {
  return defineTable<Component>({
    type: 'ApexTrigger',
    id: (s) => s.id,
    sources: () => components(org, '01q', 'Trigger', 0.2, 2),
    relations,
    columns: {
      ...componentColumns(),
      Name: (s) => s.name,
      TableEnumOrId: (s) =>
        s.entry && isCustom(s.entry) ? customObjectId(s.entry) : (s.entry?.name ?? null),
      EntityDefinitionId: entityOf,
      UsageBeforeInsert: () => true,
      UsageBeforeUpdate: (s) => s.active,
      UsageBeforeDelete: () => false,
      UsageAfterInsert: (s) => s.active,
      UsageAfterUpdate: () => true,
      UsageAfterDelete: () => false,
      UsageAfterUndelete: () => false,
      UsageIsBulk: () => false,
      ApiVersion: () => 62,
      Status: (s) => (s.active ? 'Active' : 'Inactive'),
      IsValid: () => true,
      LengthWithoutComments: (s) => 400 + (hash(s.id) % 9000),
      Body: (s) => `trigger ${s.name} on ${s.entry?.name} (before insert, after update) {\n}`,
    },
  });
}

function classTable(org: Org, relations: Authors): Table {
  return defineTable<Component>({
    type: 'ApexClass',
    id: (s) => s.id,
    sources: () => components(org, '01p', 'Service', 0.4, 3),
    relations,
    columns: {
      ...componentColumns(),
      Name: (s) => s.name,
      ApiVersion: () => 62,
      Status: () => 'Active',
      IsValid: () => true,
      LengthWithoutComments: (s) => 900 + (hash(s.id) % 20_000),
      Body: (s) => `public with sharing class ${s.name} {\n  // ${s.entry?.label}\n}`,
    },
  });
}

/** FlowDefinitionView, Flow and FlowDefinition. */
function flowTables(org: Org, relations: Authors): [Table, Table, Table] {
  const sources = (): Iterable<Component> => components(org, '300', 'Flow', 0.25, 2);
  const common = componentColumns();
  const view = defineTable<Component>({
    type: 'FlowDefinitionView',
    id: (s) => s.id,
    sources,
    relations,
    columns: {
      ...common,
      DurableId: (s) => s.id,
      ApiName: (s) => s.name,
      Label: (s) => s.name.replaceAll('_', ' '),
      Description: () => null,
      ProcessType: () => 'AutoLaunchedFlow',
      TriggerType: () => 'RecordAfterSave',
      TriggerObjectOrEventLabel: (s) => s.entry?.label ?? null,
      TriggerObjectOrEventId: entityOf,
      IsActive: (s) => s.active,
      ActiveVersionId: (s) => (s.active ? s.id.replace(/^300/, '301') : null),
      LatestVersionId: (s) => s.id.replace(/^300/, '301'),
      VersionNumber: () => 3,
    },
  });
  const flow = defineTable<Component>({
    type: 'Flow',
    id: (s) => s.id.replace(/^300/, '301'),
    sources,
    relations,
    columns: {
      ...common,
      Id: (s) => s.id.replace(/^300/, '301'),
      DefinitionId: (s) => s.id,
      MasterLabel: (s) => s.name.replaceAll('_', ' '),
      Status: (s) => (s.active ? 'Active' : 'Draft'),
      VersionNumber: () => 3,
      ProcessType: () => 'AutoLaunchedFlow',
      Description: () => null,
      Metadata: (s) =>
        new JsonValue({
          label: s.name,
          start: { object: s.entry?.name, triggerType: 'RecordAfterSave' },
        }),
      FullName: (s) => `${s.name}-3`,
    },
  });
  const definition = defineTable<Component>({
    type: 'FlowDefinition',
    id: (s) => s.id,
    sources,
    relations,
    columns: {
      ...common,
      DeveloperName: (s) => s.name,
      MasterLabel: (s) => s.name.replaceAll('_', ' '),
      ActiveVersionId: (s) => (s.active ? s.id.replace(/^300/, '301') : null),
    },
  });
  return [view, flow, definition];
}

interface RecordTypeSource extends RecordTypeInfo {
  readonly entry: ObjectEntry;
}

function recordTypeTable(org: Org): Table {
  return defineTable<RecordTypeSource>({
    type: 'RecordType',
    id: (s) => s.recordTypeId,
    sources: () =>
      org
        .list()
        .flatMap((entry) => recordTypesOf(entry, org.seed).map((info) => ({ ...info, entry }))),
    columns: {
      Id: (s) => s.recordTypeId,
      Name: (s) => s.name,
      DeveloperName: (s) => s.developerName,
      NamespacePrefix: (s) => s.entry.namespace,
      Description: (s) => `${s.name} ${s.entry.labelPlural}`,
      BusinessProcessId: () => null,
      SobjectType: (s) => s.entry.name,
      IsActive: (s) => s.active,
      ...audit<RecordTypeSource>(
        (s) => born(s.recordTypeId),
        (s) => s.recordTypeId,
      ),
    },
  });
}

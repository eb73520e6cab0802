import type { Org } from '../org/org.ts';
import { componentColumns, entityOf, type Authors } from './setup-columns.ts';
import { components, type Component } from './setup-sources.ts';
import { defineTable, JsonValue, type Cell, type Table } from './table.ts';

type Columns = Readonly<Record<string, (source: Component) => Cell>>;

/** FlowDefinitionView, Flow and FlowDefinition. */
export function flowTables(org: Org, relations: Authors): [Table, Table, Table] {
  const table = (
    type: string,
    columns: Columns,
    id: (source: Component) => string = (s) => s.id,
  ): Table =>
    defineTable<Component>({
      type,
      id,
      sources: () => components(org, '300', 'Flow', 0.25, 2),
      relations,
      columns: { ...componentColumns(), ...columns },
    });
  return [
    table('FlowDefinitionView', VIEW),
    table('Flow', VERSION, versionId),
    table('FlowDefinition', DEFINITION),
  ];
}

const labelOf = (s: Component): string => s.name.replaceAll('_', ' ');
const versionId = (s: Component): string => s.id.replace(/^300/, '301');

const VIEW: Columns = {
  DurableId: (s) => s.id,
  ApiName: (s) => s.name,
  Label: (s) => labelOf(s),
  Description: () => null,
  ProcessType: () => 'AutoLaunchedFlow',
  TriggerType: () => 'RecordAfterSave',
  TriggerObjectOrEventLabel: (s) => s.entry?.label ?? null,
  TriggerObjectOrEventId: entityOf,
  IsActive: (s) => s.active,
  ActiveVersionId: (s) => (s.active ? versionId(s) : null),
  LatestVersionId: (s) => versionId(s),
  VersionNumber: () => 3,
};

const VERSION: Columns = {
  Id: (s) => versionId(s),
  DefinitionId: (s) => s.id,
  MasterLabel: (s) => labelOf(s),
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
};

const DEFINITION: Columns = {
  DeveloperName: (s) => s.name,
  MasterLabel: (s) => labelOf(s),
  ActiveVersionId: (s) => (s.active ? versionId(s) : null),
};

import type { Org } from '../org/org.ts';
import { classTable, ruleTable, triggerTable } from './code-tables.ts';
import { customFieldTable, customObjectTable } from './custom-tables.ts';
import { flowTables } from './flow-tables.ts';
import { recordTypeTable } from './record-type-table.ts';
import type { RelationSpec, Row, Schema, Table } from './table.ts';

interface Users {
  readonly schema: () => Schema | undefined;
  readonly integration: () => Row | null;
}

/**
 * The Tooling API's tables with full SOQL and paging: custom objects and fields, rules, triggers,
 * classes, flows.
 */
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

import type { CreateTable } from '../../openmetadata/src/entities.ts';
import type { FieldProperties } from '../../src/connectors/salesforce/mapping/field-properties.ts';
import type { TableProperties } from '../../src/connectors/salesforce/mapping/table-properties.ts';
import { tablesOf, type SalesforceRun } from './salesforce-run.ts';

export function requestsOf({ records }: SalesforceRun): CreateTable[] {
  return tablesOf(records).map(({ request }) => request as unknown as CreateTable);
}

/** Properties of tables by name. */
export function propertiesOf({ records }: SalesforceRun): Map<string, TableProperties> {
  return new Map(
    tablesOf(records).map((record) => [
      String(record.request['name']),
      record.properties as unknown as TableProperties,
    ]),
  );
}

/** Table, name and value of all fields with this property. */
export function fieldsWith<K extends keyof FieldProperties>(
  key: K,
  run: SalesforceRun,
): [string, string, NonNullable<FieldProperties[K]>][] {
  return [...propertiesOf(run)].flatMap(([table, { columns = {} }]) =>
    Object.entries(columns).flatMap(
      ([name, facts]): [string, string, NonNullable<FieldProperties[K]>][] =>
        facts[key] === undefined ? [] : [[table, name, facts[key]]],
    ),
  );
}

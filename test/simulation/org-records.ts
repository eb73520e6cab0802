import type { ListedObject } from '../../src/connectors/salesforce/describe/object-list.ts';
import type { EntityRecord } from '../../foundation/src/domain/record.ts';
import type { OrgObject } from './org.ts';

export const TYPE = 'Simulated';

export function schemaOf(service: string): string {
  return `${service}.default.simulated`;
}

/** The service, database and schema of an org. */
export function parentRecords(service: string): readonly EntityRecord[] {
  return [
    {
      kind: 'entity',
      type: 'databaseService',
      fqn: service,
      request: { name: service, serviceType: TYPE },
    },
    {
      kind: 'entity',
      type: 'database',
      fqn: `${service}.default`,
      request: { name: 'default', service },
    },
    {
      kind: 'entity',
      type: 'databaseSchema',
      fqn: schemaOf(service),
      request: { name: 'simulated', database: `${service}.default` },
    },
  ];
}

/** The table of an object; its size depends on the revision. */
export function tableRecord(schema: string, { name, revision }: OrgObject): EntityRecord {
  const columns = Array.from({ length: 1 + ((revision * 7) % 9) }, (_, index) => ({
    name: `Column${index}`,
    dataType: 'STRING',
    description: `${revision} ${'x'.repeat((revision * 31) % 97)}`,
  }));
  return {
    kind: 'entity',
    type: 'table',
    fqn: `${schema}.${name}`,
    request: { name, description: String(revision), databaseSchema: schema, columns },
  };
}

export function toListedObject({ name }: OrgObject): ListedObject {
  return {
    name,
    label: name,
    labelPlural: name,
    custom: true,
    customSetting: false,
    keyPrefix: undefined,
    queryable: true,
    layoutable: true,
    associateEntityType: undefined,
    associateParentEntity: undefined,
  };
}

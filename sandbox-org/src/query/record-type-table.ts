import { recordTypesOf, type RecordTypeInfo } from '../org/describe.ts';
import type { ObjectEntry } from '../org/model.ts';
import type { Org } from '../org/org.ts';
import { audit, born } from './setup-columns.ts';
import { defineTable, type Table } from './table.ts';

interface RecordTypeSource extends RecordTypeInfo {
  readonly entry: ObjectEntry;
}

/** RecordType. */
export function recordTypeTable(org: Org): Table {
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

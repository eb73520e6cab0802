import type {
  EntityRecord,
  LineageRecord,
  ProfileRecord,
  SweepRecord,
} from '../../foundation/src/domain/record.ts';
import type { ColumnProfile } from '../../src/connectors/salesforce/profiling/column-profile.ts';
import type { CreateStoredProcedure } from '../../openmetadata/src/entities.ts';
import type { SalesforceRun } from './salesforce-run.ts';

export type CodeRecord = EntityRecord & { readonly request: CreateStoredProcedure };

/** Records of a run that follow its tables, by kind. */
export function codeIn({ records }: Pick<SalesforceRun, 'records'>): CodeRecord[] {
  return records
    .filter((record) => record.kind === 'entity')
    .filter(({ type }) => type === 'storedProcedure') as unknown as CodeRecord[];
}

export function lineageIn({ records }: Pick<SalesforceRun, 'records'>): LineageRecord[] {
  return records.filter((record) => record.kind === 'lineage');
}

export function profilesIn({ records }: Pick<SalesforceRun, 'records'>): ProfileRecord[] {
  return records.filter((record) => record.kind === 'profile');
}

export function sweepsIn({ records }: Pick<SalesforceRun, 'records'>): SweepRecord[] {
  return records.filter((record) => record.kind === 'sweep');
}

export function columnProfilesOf({ request }: ProfileRecord): readonly ColumnProfile[] {
  return (request['columnProfile'] ?? []) as readonly ColumnProfile[];
}

/** Whether a profile contains values, and not only counts. */
export function hasValues(column: ColumnProfile): boolean {
  return ['min', 'max', 'mean', 'cardinalityDistribution'].some((member) =>
    Object.hasOwn(column, member),
  );
}

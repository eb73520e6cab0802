import type { Credentials } from '../access/accounts.ts';
import { recordId, toLongId } from '../org/ids.ts';
import type { Org } from '../org/org.ts';
import { catalogTables } from './catalog-tables.ts';
import { RecordTables, type KnownValues } from './record-tables.ts';
import type { Tables } from './run.ts';
import { setupTables } from './setup-tables.ts';
import type { Table } from './table.ts';

export interface OrgFacts {
  readonly organizationName: string;
  readonly isSandbox: boolean;
  readonly credentials: Credentials;
}

/** The tables of `/query` and `/tooling/query`, and records by id. */
export interface DataSources {
  readonly data: Tables;
  readonly tooling: Tables;
  readonly records: RecordTables;
}

export function dataSources(org: Org, facts: OrgFacts): DataSources {
  const records = new RecordTables(org, knownRecords(org, facts));
  const integration = () => records.byId(org.find('User') ?? NOBODY, recordId('005', 0)) ?? null;
  const catalog = catalogTables(org, integration);
  const shared = (name: string): Table | undefined =>
    SHARED.has(name.toLowerCase()) ? records.find(name) : undefined;
  const setup = setupTables(org, { schema: () => records.find('User')?.schema, integration });
  return {
    records,
    data: {
      find: (name) =>
        catalog.get(name.toLowerCase()) ?? setup.data.get(name.toLowerCase()) ?? records.find(name),
    },
    tooling: {
      find: (name) =>
        catalog.get(name.toLowerCase()) ?? setup.tooling.get(name.toLowerCase()) ?? shared(name),
    },
  };
}

const NOBODY = {
  name: 'User',
  kind: 'standard',
  namespace: null,
  keyPrefix: '005',
  label: 'User',
  labelPlural: 'Users',
  parent: null,
} as const;

/** Data objects that the Tooling API has too. */
const SHARED = new Set(['user', 'organization', 'profile', 'group', 'permissionset', 'userrole']);

function knownRecords(org: Org, facts: OrgFacts): Record<string, KnownValues> {
  return {
    Organization: {
      Id: toLongId(org.id),
      Name: facts.organizationName,
      OrganizationType: 'Enterprise Edition',
      InstanceName: 'EU50',
      IsSandbox: facts.isSandbox,
      TrialExpirationDate: null,
      NamespacePrefix: null,
      LanguageLocaleKey: 'en_US',
      DefaultLocaleSidKey: 'de_AT',
      TimeZoneSidKey: 'Europe/Vienna',
      SignupCountryIsoCode: 'AT',
      FiscalYearStartMonth: 1,
      IsReadOnly: false,
      Country: 'AT',
      City: 'Wien',
      Division: null,
      CreatedDate: '2014-05-04T10:59:12.000+0000',
    },
    User: {
      Username: facts.credentials.username,
      Email: facts.credentials.username,
      Name: 'Integration User',
      FirstName: 'Integration',
      LastName: 'User',
      IsActive: true,
      UserType: 'Standard',
      Alias: 'integ',
      TimeZoneSidKey: 'Europe/Vienna',
      LocaleSidKey: 'en_US',
      LanguageLocaleKey: 'en_US',
    },
  };
}

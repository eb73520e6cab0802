/** Settings of services and pipelines, with the texts of the forms. */

const REFERENCE = 'secret:/salesforce/acme/…';

/** Fields of the connection: name, label, example, note. */
export const CONNECTION = [
  [
    'salesforceDomain',
    'Salesforce domain',
    'acme.my',
    'Without .salesforce.com. “login” and “test” require user name and password; client credentials require the org’s own domain.',
  ],
  [
    'username',
    'User name',
    'etl@acme.example',
    'The Salesforce user. Requires a password, or a consumer key and private key.',
  ],
  [
    'password',
    'Password reference',
    `${REFERENCE}password`,
    'The reference that the runner resolves. Never enter the password itself.',
  ],
  [
    'securityToken',
    'Security token reference',
    `${REFERENCE}token`,
    'Required with the password, unless the org trusts the runner’s address.',
  ],
  [
    'organizationId',
    'Organization id',
    '00D…',
    '15 or 18 characters. Replaces the token for a trusted address; any other org is then rejected.',
  ],
  [
    'consumerKey',
    'Consumer key',
    '',
    'From the External Client App: for client credentials and JWT bearer, the two recommended methods.',
  ],
  [
    'consumerSecret',
    'Consumer secret reference',
    `${REFERENCE}consumer-secret`,
    'With the consumer key alone: client credentials.',
  ],
  [
    'privateKey',
    'Private key reference',
    `${REFERENCE}private-key`,
    'With consumer key and user name: JWT bearer.',
  ],
  [
    'salesforceApiVersion',
    'API version',
    'newest',
    'For example 64.0. Empty: the newest version that both org and runner support.',
  ],
  [
    'sobjectNames',
    'Objects',
    'Account\nContact',
    'API names, one on each line. Empty: all objects.',
  ],
  [
    'databaseName',
    'Database name',
    'default',
    'The name of the org’s only database in the catalog.',
  ],
];

/** Fields that are lists, one entry on each line. */
export const LISTS = new Set(['sobjectNames']);

/** Options of a pipeline: name, kind, label, default, note. */
export const PIPELINE = [
  [
    'tableFilterPattern',
    'filter',
    'Tables',
    '',
    'Regular expressions (RE2), one on each line, matched from the start of the API name.',
  ],
  ['includeTables', 'flag', 'Tables that are not views', true, 'All objects that are not views.'],
  [
    'includeViews',
    'flag',
    'Views',
    true,
    'History, share and feed objects: about half of an org. Excluded objects need no API calls.',
  ],
  [
    'includeTags',
    'flag',
    'Tags',
    true,
    'Data sensitivity, compliance categories and origin (standard, custom, managed) as tags.',
  ],
  [
    'includeOwners',
    'flag',
    'Owners',
    false,
    'Business owners with e-mail addresses, if the runner’s policy permits it. No owner is replaced.',
  ],
  ['includeStoredProcedures', 'flag', 'Code', true, 'Apex triggers, classes and flows.'],
  [
    'includeDDL',
    'flag',
    'Source code',
    false,
    'If the runner’s policy permits it. The org hides the code of managed packages.',
  ],
  [
    'markDeletedTables',
    'flag',
    'Mark deleted tables',
    true,
    'Only after a run in which every listing succeeded. Failed and filtered-out objects never count as deleted.',
  ],
  [
    'markDeletedTablesFromFilterOnly',
    'flag',
    'Mark only filtered tables',
    false,
    'Marks a deleted table only if it passes the filter.',
  ],
  [
    'markDeletedStoredProcedures',
    'flag',
    'Mark deleted code',
    true,
    'After a run that read all code, independent of filters.',
  ],
  [
    'markDeletedSchemas',
    'flag',
    'Mark other schemas',
    false,
    'An org is one schema: any other schema of its database is marked.',
  ],
  [
    'markDeletedDatabases',
    'flag',
    'Mark other databases',
    false,
    'An org is one database: any other database of the service is marked, with its contents.',
  ],
  [
    'profile',
    'calls',
    'Profile: maximum API calls',
    0,
    [
      'Row counts are always included. Above 0, aggregate queries profile columns with one call',
      'for each table, if the runner’s policy permits it. No value of text, encrypted or',
      'classified fields leaves the org.',
    ].join(' '),
  ],
  [
    'sampleRows',
    'rows',
    'Sample rows for each table',
    0,
    [
      'Number of rows read from each table, if the runner’s policy permits it; otherwise none,',
      'with a note in the log. Classified and encrypted fields are excluded.',
    ].join(' '),
  ],
  [
    'useFqnForFiltering',
    'flag',
    'Filter by qualified names',
    false,
    'Patterns match service.database.schema.table.',
  ],
];

/** Options without effect for Salesforce: a run with one of them logs a note. */
export const WITHOUT_EFFECT = [
  'threads',
  'queryLogDuration',
  'queryParsingTimeoutLimit',
  'ownerConfig',
  'extractJsonSchema',
  'jsonSchemaSampleSize',
];

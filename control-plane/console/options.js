/** What can be set about a service and its ingestion, and what each setting does: the same text for the forms and for who reads. */

const REFERENCE = 'secret:/salesforce/acme/…';

/** Fields of the connection: name, label, example, what it does. */
export const CONNECTION = [
  [
    'salesforceDomain',
    'Salesforce domain',
    'acme.my',
    'Without .salesforce.com. “login” and “test” work with a user name and password only; client credentials need the org’s own domain.',
  ],
  [
    'username',
    'User name',
    'etl@acme.example',
    'The user that reads. With a password, or with a consumer key and private key.',
  ],
  [
    'password',
    'Password reference',
    `${REFERENCE}password`,
    'Where the runner finds the password. Never the password itself.',
  ],
  [
    'securityToken',
    'Security token reference',
    `${REFERENCE}token`,
    'Goes with the password, unless the runner’s address is a trusted one of the org.',
  ],
  [
    'organizationId',
    'Organization id',
    '00D…',
    '15 or 18 characters. Stands in for the token from a trusted address, and any other org is then refused.',
  ],
  [
    'consumerKey',
    'Consumer key',
    '',
    'Of the External Client App: for client credentials and JWT bearer, the two recommended ways.',
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
    'Such as 64.0. Left out: the newest of the org that the runner knows.',
  ],
  ['sobjectNames', 'Objects', 'Account\nContact', 'API names, one a line. Left out: all objects.'],
  ['databaseName', 'Database name', 'default', 'What the catalog calls the org’s one database.'],
];

/** Fields that are lists, one entry a line. */
export const LISTS = new Set(['sobjectNames']);

/** Options of an ingestion: name, kind, label, its usual value, what it does. */
export const PIPELINE = [
  [
    'tableFilterPattern',
    'filter',
    'Tables',
    '',
    'Regular expressions (RE2) on API names, from the start of the name, one a line.',
  ],
  ['includeTables', 'flag', 'Tables proper', true, 'Everything that is not a view.'],
  [
    'includeViews',
    'flag',
    'Views',
    true,
    'History, share and feed objects: about half of an org. Without them they cost no call.',
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
    'Business owners by e-mail, for a reader to match, if the runner’s own policy permits it. No owner is replaced.',
  ],
  ['includeStoredProcedures', 'flag', 'Code', true, 'Apex triggers, classes and flows.'],
  [
    'includeDDL',
    'flag',
    'Text of the code',
    false,
    'If the runner’s own policy permits it, and as far as the org shows it: that of managed packages is hidden.',
  ],
  [
    'markDeletedTables',
    'flag',
    'Mark deleted tables',
    true,
    'Only after a run in which every listing succeeded. What failed, or was filtered out, is never taken for deleted.',
  ],
  [
    'markDeletedTablesFromFilterOnly',
    'flag',
    'Only of the filter',
    false,
    'Of tables that are gone, only those that the filter lets through are marked.',
  ],
  [
    'markDeletedStoredProcedures',
    'flag',
    'Mark deleted code',
    true,
    'After a run that read all code, whatever the filters.',
  ],
  [
    'markDeletedSchemas',
    'flag',
    'Mark other schemas',
    false,
    'An org is one schema: any other of its database is marked.',
  ],
  [
    'markDeletedDatabases',
    'flag',
    'Mark other databases',
    false,
    'An org is one database: any other of the service is marked, with all in it.',
  ],
  [
    'profile',
    'calls',
    'Profile, calls at most',
    0,
    'Row counts always come. Above 0, aggregate queries profile columns, a call a table, if the runner’s own policy permits it. No value of text, encrypted or classified fields leaves the org.',
  ],
  [
    'sampleRows',
    'rows',
    'Sample rows of a table',
    0,
    'Above 0, runs read so many rows of each table, if the runner’s own policy permits it; else none, and the log says so. Classified and encrypted fields stay out.',
  ],
  [
    'useFqnForFiltering',
    'flag',
    'Filter by full names',
    false,
    'Patterns are held against service.database.schema.table.',
  ],
];

/** Without effect at this source: a run that is given one says so in its log. */
export const WITHOUT_EFFECT = [
  'threads',
  'queryLogDuration',
  'queryParsingTimeoutLimit',
  'ownerConfig',
  'extractJsonSchema',
  'jsonSchemaSampleSize',
];

/** Text that would change the title of the page if the console parsed it as HTML. */
export const HOSTILE =
  '<img src=x onerror="document.title=\'owned\'"><script>document.title="owned"</script>';

/** Records of an org with everything that the console shows. */
export function richRecords(): string[] {
  const schema = 'sandbox.default.salesforce';
  const lineage = (from: string, to: string, details: object = {}) => ({
    kind: 'lineage',
    from: `${schema}.${from}`,
    to: `${schema}.${to}`,
    details,
  });
  const table = (
    name: string,
    displayName: string,
    more: object = {},
    properties: object = {},
  ) => ({
    kind: 'entity',
    type: 'table',
    fqn: `${schema}.${name}`,
    request: {
      name,
      displayName,
      databaseSchema: schema,
      tableType: 'Regular',
      columns: [],
      ...more,
    },
    properties,
  });
  const records = [
    {
      kind: 'classification',
      name: 'SalesforceComplianceGroup',
      description: 'Compliance categories',
    },
    {
      kind: 'tag',
      classification: 'SalesforceComplianceGroup',
      name: 'GDPR',
      description: 'Personal data',
    },
    table('Account', 'Account'),
    table('Region__c', 'Region'),
    table('Ledger__c', 'Ledger'),
    table(
      'Invoice__c',
      'Invoice',
      {
        description: 'What customers owe.',
        tags: [{ tagFQN: 'SalesforceComplianceGroup.GDPR' }],
        sourceUrl: 'https://acme.my.salesforce.com/lightning',
        columns: [
          {
            name: 'Id',
            displayName: 'Record ID',
            dataType: 'VARCHAR',
            dataLength: 18,
            constraint: 'PRIMARY_KEY',
          },
          {
            name: 'Total__c',
            displayName: 'Total',
            dataType: 'DECIMAL',
            precision: 18,
            scale: 2,
            tags: [{ tagFQN: 'SalesforceComplianceGroup.GDPR' }],
          },
          { name: 'Status__c', displayName: 'Status', dataType: 'ENUM' },
        ],
      },
      {
        custom: true,
        labelPlural: 'Invoices',
        keyPrefix: 'a01',
        sharing: { internal: 'Private', external: 'Private' },
        features: ['searchable', 'triggerable'],
        recordTypes: [{ name: 'Standard', developerName: 'Standard', active: true }],
        validationRules: [
          { name: 'Positive', active: true, message: 'Total must not be negative' },
        ],
        columns: {
          Total__c: {
            formula: 'Amount__c * Rate__c',
            helpText: 'With tax',
            owners: [{ name: 'Ada', email: 'ada@acme.example', kind: 'user' }],
          },
          Status__c: {
            picklist: {
              restricted: true,
              values: [{ value: 'Open', default: true }, { value: 'Paid' }],
            },
          },
        },
      },
    ),
    {
      kind: 'sampleData',
      table: `${schema}.Invoice__c`,
      request: {
        columns: ['Id', 'Total__c', 'Paid__c'],
        rows: [
          ['a01000000000001AAA', 12.5, true],
          [HOSTILE, null, false],
        ],
      },
    },
    {
      kind: 'profile',
      table: `${schema}.Invoice__c`,
      request: { tableProfile: { timestamp: Date.now(), rowCount: 12_345, columnCount: 3 } },
    },
    lineage('Region__c', 'Account'),
    lineage('Invoice__c', 'Ledger__c'),
    lineage('Account', 'Region__c'),
    lineage('Account', 'Invoice__c', {
      columnsLineage: [
        { fromColumns: [`${schema}.Account.Name`], toColumn: `${schema}.Invoice__c.Total__c` },
      ],
    }),
    {
      kind: 'entity',
      type: 'storedProcedure',
      fqn: `${schema}.InvoiceTrigger`,
      request: {
        name: 'InvoiceTrigger',
        databaseSchema: schema,
        storedProcedureCode: {
          language: 'External',
          code: `trigger InvoiceTrigger on Invoice__c { /* ${HOSTILE} */ }`,
        },
      },
      properties: { objects: ['Invoice__c'] },
    },
    { kind: 'entity', type: 'holograms', fqn: `${schema}.h`, request: { depth: 3 } },
  ];
  return records.map((record) => JSON.stringify(record));
}

export function contactTable(): string {
  return JSON.stringify({
    kind: 'entity',
    type: 'table',
    fqn: 'sandbox.default.salesforce.Contact',
    request: {
      name: 'Contact',
      displayName: HOSTILE,
      description: 'People at accounts',
      tableType: 'Regular',
      databaseSchema: 'sandbox.default.salesforce',
      columns: [
        {
          name: 'Id',
          displayName: 'Contact ID',
          dataType: 'VARCHAR',
          dataLength: 18,
          constraint: 'PRIMARY_KEY',
          description: 'Identifies the contact.',
        },
        {
          name: 'AccountId',
          displayName: 'Account',
          dataType: 'VARCHAR',
          dataLength: 18,
          description: 'Where the person works.',
        },
        {
          name: 'Budget__c',
          displayName: 'Budget',
          dataType: 'DECIMAL',
          precision: 18,
          scale: 2,
          constraint: 'NOT_NULL',
        },
      ],
      tableConstraints: [
        {
          constraintType: 'FOREIGN_KEY',
          columns: ['AccountId'],
          referredColumns: ['sandbox.default.salesforce.Account.Id'],
          relationshipType: 'MANY_TO_ONE',
        },
      ],
    },
  });
}

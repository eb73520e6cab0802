import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseConnection } from '../../src/connectors/salesforce/sign-in/connection.ts';
import { readSourceOptions } from '../../src/connectors/salesforce/options/source-options.ts';
import { openMetadataSchema, openMetadataSchemasPresent } from '../support/openmetadata-schemas.ts';

/**
 * What docs/salesforce.md says of each option is what happens: OpenMetadata's schemas say which
 * options there are, the tables of the page what becomes of them.
 */
type Verdict = 'works' | 'ignored' | 'rejected';

const page = readFileSync(join(import.meta.dirname, '../../docs/salesforce.md'), 'utf8');

/** Of each option named in the first column of a section's table. */
function verdicts(heading: string): ReadonlyMap<string, Verdict> {
  const section = page.split(`\n## ${heading}\n`)[1]!.split('\n## ')[0]!;
  const rows = section
    .split('\n')
    .filter((line) => line.startsWith('| `'))
    .map((line) => line.split(/(?<!\\)\|/).map((cell) => cell.trim()));
  return new Map(
    rows.flatMap(([, names = '', , text = '']) =>
      [...names.matchAll(/`(\w+)`/g)].map(([, name]) => [name!, verdictIn(text)] as const),
    ),
  );
}

function verdictIn(text: string): Verdict {
  return text.startsWith('ignored')
    ? 'ignored'
    : text.startsWith('rejected')
      ? 'rejected'
      : 'works';
}

interface Property {
  readonly type?: string;
  readonly $ref?: string;
  readonly default?: unknown;
}

function propertiesIn(path: string): readonly (readonly [string, Property])[] {
  if (!openMetadataSchemasPresent) return [];
  return Object.entries(
    openMetadataSchema(path)['properties'] as Readonly<Record<string, Property>>,
  );
}

const PLACE = { service: 'crm', database: 'default', schema: 'salesforce' };
/** Gives other options something to change. */
const FILTERED = {
  tableFilterPattern: { includes: ['Acc'] },
  markDeletedTablesFromFilterOnly: false,
};

/** A value of an option that is not its default. */
const CHOSEN: Readonly<Record<string, unknown>> = {
  type: 'Other',
  incremental: { enabled: false },
  ownerConfig: { default: 'someone' },
};

function chosen(name: string, property: Property): unknown {
  if (Object.hasOwn(CHOSEN, name)) return CHOSEN[name];
  if (property.$ref?.endsWith('filterPattern') === true)
    return { excludes: ['Account', 'default', 'salesforce', 'A.cls'] };
  return property.type === 'boolean' ? property.default !== true : Number(property.default) + 1;
}

/** All that a run may ask of its options. */
function effectOf(config: Readonly<Record<string, unknown>>): unknown {
  const {
    tablePasses,
    storedProcedurePasses,
    ignored: _,
    unknown: __,
    ...options
  } = readSourceOptions(config, PLACE);
  return {
    ...options,
    passes: ['Account', 'Lead'].map(tablePasses),
    procedures: ['A.cls', 'B.cls'].map(storedProcedurePasses),
  };
}

/** What becomes of an option of a metadata run. */
function pipelineVerdict(name: string, value: unknown): Verdict | 'none' {
  const config = { ...FILTERED, [name]: value };
  try {
    const { ignored, unknown } = readSourceOptions(config, PLACE);
    if (ignored.includes(name) || unknown > 0) return 'ignored';
    return JSON.stringify(effectOf(config)) === JSON.stringify(effectOf(FILTERED))
      ? 'none'
      : 'works';
  } catch {
    return 'rejected';
  }
}

describe('an option of a metadata run', () => {
  const said = verdicts('Options of a metadata run');
  const properties = propertiesIn('metadataIngestion/databaseServiceMetadataPipeline.json');

  it.runIf(openMetadataSchemasPresent)('of OpenMetadata’s has its place in the table', () => {
    expect(properties.map(([name]) => name).filter((name) => !said.has(name))).toEqual([]);
    expect(
      [...said.keys()].filter((name) => !properties.some(([known]) => known === name)).sort(),
    ).toEqual(['markDeletedTablesFromFilterOnly', 'profile', 'sampleRows']);
  });

  it.each(properties.map(([name, property]) => [name, said.get(name), property] as const))(
    '%s: %s',
    (name, verdict, property) => {
      const happened = pipelineVerdict(name, chosen(name, property));
      // Any other type is rejected; overriding is for whoever writes to a catalog.
      if (name === 'type')
        expect([happened, pipelineVerdict(name, 'DatabaseMetadata')]).toEqual(['rejected', 'none']);
      else if (name === 'overrideMetadata') expect(happened).toBe('none');
      else expect(happened).toBe(verdict);
      const standard =
        property.default === undefined || property.default === null
          ? []
          : [{ [name]: property.default }];
      for (const config of standard) expect(readSourceOptions(config, PLACE).ignored).toEqual([]);
    },
  );

  it.each([
    ['markDeletedTablesFromFilterOnly', true],
    ['profile', { maxApiCalls: 3 }],
    ['sampleRows', { rows: 3 }],
  ])('%s, which OpenMetadata does not have, works', (name, value) => {
    expect([said.get(name), pipelineVerdict(name, value)]).toEqual(['works', 'works']);
  });

  it('is ignored if unknown', () => {
    expect(pipelineVerdict('newerThanThis', true)).toBe('ignored');
  });
});

const SOAP = { username: 'u@acme.example', password: 'p', securityToken: 't' };
const CLIENT = { consumerKey: 'k', consumerSecret: 's', salesforceDomain: 'acme.my' };
/** Fields that one base takes, and a value that shows. */
const FIELDS: Readonly<Record<string, readonly [base: object, value: unknown]>> = {
  username: [{ ...SOAP, username: undefined, salesforceDomain: 'acme.my' }, 'u@acme.example'],
  password: [{ ...SOAP, password: undefined }, 'p'],
  securityToken: [{ username: 'u', password: 'p' }, 't'],
  consumerKey: [{ ...CLIENT, consumerKey: undefined }, 'k'],
  consumerSecret: [{ ...CLIENT, consumerSecret: undefined }, 's'],
  organizationId: [SOAP, '00D000000000001'],
  sobjectNames: [SOAP, ['Account']],
  databaseName: [SOAP, 'prod'],
  salesforceApiVersion: [SOAP, '60.0'],
  salesforceDomain: [SOAP, 'test'],
  sslConfig: [SOAP, { caCertificate: 'PEM' }],
  connectionOptions: [SOAP, { instance_url: 'https://evil.example' }],
  connectionArguments: [SOAP, { proxies: {} }],
  type: [SOAP, 'Salesforce'],
  supportsMetadataExtraction: [SOAP, true],
};

function connectionVerdict(name: string): Verdict | 'none' {
  const [base, value] = FIELDS[name] ?? [SOAP, { includes: ['x'] }];
  const outcome = (document: object): string => {
    try {
      return JSON.stringify(parseConnection({ ...document }));
    } catch {
      return 'rejected';
    }
  };
  const [before, after] = [outcome(base), outcome({ ...base, [name]: value })];
  if (after === 'rejected') return 'rejected';
  if (
    (JSON.parse(after) as { readonly ignored: readonly string[] }).ignored.some((field) =>
      field.endsWith(`.${name}`),
    )
  )
    return 'ignored';
  return before === after ? 'none' : 'works';
}

describe('a field of the connection', () => {
  const said = verdicts('The connection, field by field');
  const properties = propertiesIn('entity/services/connections/database/salesforceConnection.json');

  it.runIf(openMetadataSchemasPresent)('of OpenMetadata’s has its place in the table', () => {
    expect(properties.map(([name]) => name).filter((name) => !said.has(name))).toEqual([]);
    expect(
      [...said.keys()].filter((name) => !properties.some(([known]) => known === name)).sort(),
    ).toEqual(['privateKey', 'sobjectName']);
  });

  it.each(properties.map(([name]) => [name, said.get(name)] as const))(
    '%s: %s',
    (name, verdict) => {
      const labels = ['type', 'supportsMetadataExtraction'];
      expect(connectionVerdict(name)).toBe(labels.includes(name) ? 'none' : verdict);
    },
  );
});

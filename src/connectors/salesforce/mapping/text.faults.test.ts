import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startSandbox, type Sandbox } from '../../../../sandbox-org/src/sandbox.ts';
import {
  CREATE_REQUEST_SCHEMAS,
  openMetadataSchemasPresent,
  openMetadataValidator,
} from '../../../../test/support/openmetadata-schemas.ts';
import {
  extractFrom,
  failuresOf,
  tableNamed,
  type SalesforceRun,
} from '../../../../test/support/salesforce-run.ts';

let sandbox: Sandbox;

beforeAll(async () => {
  sandbox = await startSandbox({ objects: 30 });
});
afterAll(() => sandbox.close());
beforeEach(() => sandbox.faults.clear());

const LABELS: readonly (readonly [string, string])[] = [
  ['quotes', '"double" \'single\' `back` \u201ccurly\u201d'],
  ['emoji', '\u{1F680}\u{1F469}\u200D\u{1F469}\u200D\u{1F466} launch'],
  [
    'right-to-left text with directional marks',
    '\u05E9\u05DC\u05D5\u05DD \u202Eevil\u202C \u0627\u0644\u0639\u0631\u0628\u064A\u0629',
  ],
  ['two colons', 'a::b::c'],
  ['angle brackets', 'a > b < c >> d'],
  ['255 characters', 'ü'.repeat(255)],
  ['what JSON escapes', 'tab\t newline\n backslash \\ null-like \\u0000 \u2028'],
  ['markup', '<script>alert(1)</script>&amp;<b>'],
];

async function account(): Promise<SalesforceRun> {
  return extractFrom(sandbox, { connection: { sobjectNames: ['Account'] } });
}

describe('a label', () => {
  it.each(LABELS)('with %s is unchanged on a table and on a column', async (_what, label) => {
    sandbox.org.edit({ kind: 'renameObject', object: 'Account', label });
    sandbox.org.edit({
      kind: 'addField',
      object: 'Account',
      field: { name: 'Odd__c', type: 'string', label, length: 80 },
    });
    try {
      const { records } = await account();
      const table = tableNamed(records, 'Account');
      expect(failuresOf(records)).toEqual([]);
      expect([
        table.displayName,
        table.columns.find(({ name }) => name === 'Odd__c')?.displayName,
      ]).toEqual([label, label]);
      if (!openMetadataSchemasPresent) return;
      const validate = openMetadataValidator(CREATE_REQUEST_SCHEMAS.table);
      expect(validate(table), JSON.stringify(validate.errors)).toBe(true);
    } finally {
      sandbox.org.edit({ kind: 'removeField', object: 'Account', field: 'Odd__c' });
    }
  });
});

describe('help text', () => {
  it('with HTML is unchanged in the description of its column', async () => {
    sandbox.faults.install({ match: { path: 'tooling' }, effect: { kind: 'forbid' } });
    const inlineHelpText =
      '<p onclick="x()">Use <a href="https://x.example">this</a> &amp; "that"</p><script>alert(1)</script>';
    sandbox.org.edit({
      kind: 'addField',
      object: 'Account',
      field: {
        name: 'Helped__c',
        type: 'string',
        label: 'Helped',
        length: 80,
        traits: { inlineHelpText },
      },
    });
    const column = tableNamed((await account()).records, 'Account').columns.find(
      ({ name }) => name === 'Helped__c',
    );
    expect(column?.description).toContain(inlineHelpText);
  });
});

describe('an object', () => {
  it('with 900 fields is complete', async () => {
    const before = tableNamed((await account()).records, 'Account').columns.length;
    for (let index = before; index < 900; index++) {
      sandbox.org.edit({
        kind: 'addField',
        object: 'Account',
        field: { name: `Many${index}__c`, type: 'picklist', label: `Many ${index}` },
      });
    }
    const { records, counts } = await account();
    const { columns } = tableNamed(records, 'Account');
    expect(columns).toHaveLength(900);
    expect(counts.get('fields')).toBe(900);
    expect(columns.map(({ ordinalPosition }) => ordinalPosition)).toEqual(
      Array.from({ length: 900 }, (_, index) => index + 1),
    );
    expect(failuresOf(records)).toEqual([]);
  });

  it('with a describe of 1.5 MB is complete, as are the others', async () => {
    sandbox.faults.install({
      match: { object: 'Contact' },
      effect: { kind: 'huge-describe', bytes: 1_500_000 },
    });
    const { records } = await extractFrom(sandbox, {
      connection: { sobjectNames: ['Contact', 'Account', 'User'] },
    });
    expect(failuresOf(records)).toEqual([]);
    expect(['Account', 'Contact', 'User'].map((name) => tableNamed(records, name).name)).toEqual([
      'Account',
      'Contact',
      'User',
    ]);
    expect(sandbox.stats().bytesOut).toBeGreaterThan(0);
  });
});

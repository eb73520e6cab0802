import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { startSandbox, type Sandbox } from '../../../sandbox-org/src/sandbox.ts';
import {
  extractFrom,
  failuresOf,
  tableNamed,
  type SalesforceRun,
} from '../../../test/support/salesforce-run.ts';
import { rejection } from './api/rejection.ts';
import { readLoginResponse } from './sign-in/soap-login.ts';

/**
 * The password of the runs. It contains spaces, so that cutting between words would not protect it.
 */
const SECRET = 'Hn7 correct horse battery staple';

let sandbox: Sandbox;

beforeAll(async () => {
  sandbox = await startSandbox({ objects: 30, credentials: { password: SECRET } });
});
afterAll(() => sandbox.close());
afterEach(() => sandbox.faults.clear());

/** All substrings long enough not to occur by chance. */
function piecesOf(text: string): string[] {
  return Array.from({ length: text.length - 5 }, (_, at) => text.slice(at, at + 6));
}

/**
 * Parts of the password in the records and logs. The complete password is left to the redactor of
 * the stream.
 */
function leaked({ records, logs }: SalesforceRun): string[] {
  const left = JSON.stringify([records, logs]).replaceAll(SECRET, '');
  return piecesOf(SECRET).filter((piece) => left.includes(piece));
}

describe('a secret where a text is truncated', () => {
  it.each([7, 20, SECRET.length - 1])(
    'leaves no part in source code with %i of its characters before the end',
    async (kept) => {
      const body = {
        done: true,
        records: [
          {
            Id: '01p1',
            Name: 'Long',
            Status: 'Active',
            Body: `${'.'.repeat(399_999 - kept)}${SECRET}${'.'.repeat(100)}`,
          },
        ],
      };
      sandbox.faults.install({
        match: { path: 'ApexClass' },
        effect: { kind: 'respond', status: 200, body },
      });
      const run = await extractFrom(sandbox, {
        sourceConfig: {
          includeDDL: true,
          tableFilterPattern: { includes: ['Account$'] },
          storedProcedureFilterPattern: { includes: ['.*cls$'] },
        },
      });
      const [long] = run.records.flatMap((record) =>
        record.kind === 'entity' && record.type === 'storedProcedure' ? [record] : [],
      );
      expect([
        (long!.request['storedProcedureCode'] as { code: string }).code.length,
        long!.properties!['cutAt'],
      ]).toEqual([400_000, 400_000]);
      expect(leaked(run)).toEqual([]);
    },
  );

  it('leaves no part in a formula', async () => {
    const plant = (name: string, before: number): void => {
      const calculatedFormula = `Parent.Name & "${'.'.repeat(before)}${SECRET}${'.'.repeat(50)}"`;
      sandbox.org.edit({
        kind: 'addField',
        object: 'Account',
        field: {
          name,
          type: 'string',
          governance: {},
          traits: { calculated: true, calculatedFormula },
        },
      });
      sandbox.org.edit({
        kind: 'addField',
        object: 'Contact',
        field: {
          name,
          type: 'string',
          governance: {},
          traits: {
            calculated: true,
            calculatedFormula: calculatedFormula.replace('Parent', 'Account'),
          },
        },
      });
    };
    plant('Short__c', 970);
    plant('Long__c', 3970);
    const run = await extractFrom(sandbox, {
      connection: { sobjectNames: ['Account', 'Contact'] },
    });
    const functions = run.records
      .flatMap((record) =>
        record.kind === 'lineage'
          ? (record.details!['columnsLineage'] as { toColumn: string; function: string }[])
          : [],
      )
      .filter(({ toColumn }) => /(?:Short|Long)__c$/.test(toColumn));
    expect(functions.map(({ function: text }) => [text.length, text.endsWith('…')])).toEqual([
      [1000, true],
      [1000, true],
    ]);
    expect(
      tableNamed(run.records, 'Account').columns.find(({ name }) => name === 'Long__c')!
        .description,
    ).toContain('not shown: 40');
    expect(leaked(run)).toEqual([]);
  });

  it('leaves no part in error messages', async () => {
    const session = `00D000000000001!${'aB3_'.repeat(24)}`;
    for (const errorCode of [session, `x${'.'.repeat(90)}${session}`, `pass word-${session}`]) {
      const { message } = rejection(400, [{ errorCode, message: session }], 'a query');
      expect(message).toBe('a query: unknown error, status 400');
    }
    expect(rejection(400, [{ errorCode: 'MALFORMED_QUERY', message: '' }], 'a query').message).toBe(
      'a query: MALFORMED_QUERY, status 400',
    );
    expect(() =>
      readLoginResponse(500, `<exceptionCode>${'x'.repeat(50)}${session}</exceptionCode>`),
    ).toThrow(/: unknown fault$/);
    sandbox.faults.install({
      match: { object: 'Contact' },
      effect: {
        kind: 'respond',
        status: 400,
        body: [{ errorCode: `${'.'.repeat(90)}${SECRET}`, message: 'no' }],
      },
    });
    const run = await extractFrom(sandbox, { connection: { sobjectNames: ['Contact'] } });
    expect(failuresOf(run.records)).toHaveLength(1);
    expect(leaked(run)).toEqual([]);
  });
});

import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startSandbox, type Sandbox } from '../../sandbox-org/src/sandbox.ts';
import { kindOf } from '../../src/connectors/salesforce/describe/object-kind.ts';
import {
  readDescribe,
  type DescribedObject,
} from '../../src/connectors/salesforce/describe/sobject-describe.ts';
import { readListing } from '../../src/connectors/salesforce/describe/object-list.ts';
import { readError } from '../../src/connectors/salesforce/api/rejection.ts';
import { readLoginResponse } from '../../src/connectors/salesforce/sign-in/soap-login.ts';
import type { Column } from '../../openmetadata/src/columns.ts';
import type { CreateTable } from '../../openmetadata/src/entities.ts';
import {
  CREATE_REQUEST_SCHEMAS,
  openMetadataSchemasPresent,
  openMetadataValidator,
} from '../support/openmetadata-schemas.ts';
import { extractFrom, failuresOf, tableNamed } from '../support/salesforce-run.ts';
import { recordedText, recording, recordingsPresent } from './recordings.ts';

const OBJECTS = ['Account', 'Contact', 'Opportunity', 'Custom__c'] as const;
let sandbox: Sandbox;

describe.runIf(recordingsPresent)('recorded responses of real orgs', () => {
  beforeAll(async () => {
    sandbox = await startSandbox({ objects: 30 });
    sandbox.org.edit({ kind: 'addObject', name: 'Custom__c', label: 'Custom' });
  });
  afterAll(() => sandbox.close());
  beforeEach(() => sandbox.faults.clear());

  /** The recorded describe takes the whole way: composite, reading, mapping, checking. */
  async function tableOf(name: string): Promise<CreateTable> {
    sandbox.faults.install({
      match: { object: name, path: 'describe' },
      effect: { kind: 'respond', status: 200, body: recording(`describe/${name}.json`) },
    });
    const { records } = await extractFrom(sandbox, { connection: { sobjectNames: [name] } });
    expect(failuresOf(records)).toEqual([]);
    return tableNamed(records, name);
  }

  const recordedObject = (name: string): DescribedObject =>
    readDescribe(recording(`describe/${name}.json`));

  it.each(OBJECTS)('%s becomes a table with every field in its place', async (name) => {
    const { columns, displayName } = await tableOf(name);
    const { fields, label } = recordedObject(name);
    expect(columns.map((column) => [column.name, column.displayName])).toEqual(
      fields.map((field) => [field.name, field.label]),
    );
    expect(displayName).toBe(label);
  });

  it.each(OBJECTS)('%s keeps the types, keys and constraints that were reviewed', async (name) => {
    const table = await tableOf(name);
    const { fields } = recordedObject(name);
    const typed = fields.map(
      (field, index) => `${field.type} -> ${shapeOf(table.columns[index]!)}`,
    );
    expect(tallied(typed)).toMatchSnapshot('columns');
    expect(
      tallied(
        (table.tableConstraints ?? []).map(
          ({ constraintType, relationshipType = '' }) => `${constraintType} ${relationshipType}`,
        ),
      ),
    ).toMatchSnapshot('constraints');
  });

  it.runIf(openMetadataSchemasPresent).each(OBJECTS)(
    '%s fits OpenMetadata’s schema',
    async (name) => {
      const validate = openMetadataValidator(CREATE_REQUEST_SCHEMAS.table);
      expect(validate(await tableOf(name)), JSON.stringify(validate.errors)).toBe(true);
    },
  );

  it('a list of objects is read, each with its kind', () => {
    const sobjects = readListing(recording('describe/_global.json'));
    expect(tallied(sobjects.map((object) => kindOf(object)))).toMatchSnapshot();
  });

  it('of login() are parsed, faults included', () => {
    const session = readLoginResponse(200, recordedText('soap/login-response.xml'));
    expect(session.serverUrl).toMatch(/^https:\/\/.*\/services\/Soap\/[uc]\//);
    expect([session.sessionId !== '', session.organizationId.length]).toEqual([true, 15]);
    expect(() => readLoginResponse(500, recordedText('soap/login-fault.xml'))).toThrow(
      expect.objectContaining({ code: 'SALESFORCE_LOGIN_FAILED' }),
    );
  });

  it.each([
    ['rest/expired_session_response.json', 'INVALID_SESSION_ID'],
    ['rest/query_error_response.json', 'INVALID_FIELD'],
    ['rest/sobject_describe_error_response.json', 'NOT_FOUND'],
  ])('the error in %s is %s', (path, code) => {
    expect(readError(recording(path))?.errorCode).toBe(code);
  });
});

function shapeOf({
  dataType,
  arrayDataType,
  constraint,
  dataLength,
  precision,
  scale,
  children,
}: Column): string {
  const size = precision === undefined ? dataLength : `${precision},${scale}`;
  const item = arrayDataType === undefined ? '' : `<${arrayDataType}>`;
  const parts = children === undefined ? '' : ` of ${children.length}`;
  return `${dataType}${item}${size === undefined ? '' : `(${size})`}${parts} ${constraint}`;
}

/** Counts by line, in order. */
function tallied(lines: readonly string[]): string[] {
  return [...Map.groupBy(lines, (line) => line.trim())]
    .map(([line, { length }]) => `${line} × ${length}`)
    .sort();
}

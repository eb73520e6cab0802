import { expect, it } from 'vitest';
import { NEVER } from '../../../../foundation/src/runtime/abort.ts';
import { RunnerError } from '../errors/errors.ts';
import type { SalesforceApi } from '../api/api.ts';
import { readFieldClasses, removeBatch } from './field-classes.ts';

interface Answer {
  readonly status?: number;
  readonly body: unknown;
}

function row(object: string, field: string, more: object = {}): object {
  return {
    QualifiedApiName: field,
    IsCalculated: false,
    SecurityClassification: null,
    ComplianceGroup: null,
    EntityDefinition: { QualifiedApiName: object },
    ...more,
  };
}

const page = (...records: object[]): Answer => ({ body: { done: true, records } });
const cutPage = (...records: object[]): Answer => ({
  body: { done: true, totalSize: 9, records },
});
const rejected: Answer = { status: 400, body: [{ errorCode: 'INVALID_FIELD', message: 'no' }] };

/** Each try of the one call gets the next answers, one for each of its queries. */
function apiWith(...tries: readonly (readonly Answer[])[]): SalesforceApi {
  const read: SalesforceApi['read'] = async (_request, parse) => {
    for (const [index, answers] of tries.entries()) {
      const compositeResponse = answers.map(({ status = 200, body }, query) => ({
        referenceId: `q${query}`,
        httpStatusCode: status,
        body,
      }));
      try {
        return await parse(Buffer.from(JSON.stringify({ compositeResponse })));
      } catch (thrown) {
        const error = RunnerError.from(thrown);
        if (!error.retryable || index === tries.length - 1) throw error;
      }
    }
    throw new Error('no tries');
  };
  return { read } as SalesforceApi;
}

/** Two objects that take one query each. */
const OBJECTS = [
  { object: 'Account', fields: 1000 },
  { object: 'Contact', fields: 1000 },
];

async function classesOf(api: SalesforceApi): Promise<unknown> {
  const target = { api, version: '64.0', what: 'field classifications' };
  const classes = await readFieldClasses(target, OBJECTS, NEVER);
  return Object.fromEntries(
    [...classes].map(([object, fields]) => [object, Object.fromEntries(fields)]),
  );
}

it('closes fields with a sensitivity level or a compliance category, and computed ones', async () => {
  const api = apiWith([
    page(
      row('Account', 'Name'),
      row('Account', 'Level__c', { SecurityClassification: 'Public' }),
      row('Account', 'Group__c', { ComplianceGroup: 'PII' }),
      row('Account', 'Sum__c', { IsCalculated: true }),
    ),
    page(row('Contact', 'Email')),
  ]);
  expect(await classesOf(api)).toEqual({
    Account: { Name: 'open', Level__c: 'closed', Group__c: 'closed', Sum__c: 'closed' },
    Contact: { Email: 'open' },
  });
});

it('omits the objects of a rejected query only', async () => {
  const api = apiWith([rejected, page(row('Contact', 'Email'))]);
  expect(await classesOf(api)).toEqual({ Contact: { Email: 'open' } });
});

it('omits every object if one response is incomplete', async () => {
  const api = apiWith([page(row('Account', 'Name')), cutPage(row('Contact', 'Email'))]);
  expect(await classesOf(api)).toEqual({});
});

it('uses nothing of a response that was requested again', async () => {
  const api = apiWith(
    [page(row('Account', 'Name')), cutPage(row('Contact', 'Email'))],
    [rejected, page(row('Contact', 'Email'))],
  );
  expect(await classesOf(api)).toEqual({ Contact: { Email: 'open' } });
});

it('removes as many objects from the front as fit one call, and at least one', () => {
  const waiting = [4000, 3000, 750, 1].map((fields, index) => ({ object: `O${index}`, fields }));
  const batches = [removeBatch(waiting, 9), removeBatch(waiting, 9), removeBatch(waiting, 9)];
  expect(batches.map((batch) => batch.map(({ object }) => object))).toEqual([
    ['O0'],
    ['O1', 'O2'],
    ['O3'],
  ]);
  expect(removeBatch([{ object: 'O', fields: 1 }], 0)).toEqual([]);
});

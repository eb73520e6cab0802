import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { runs } from '../../../../test/support/property-runs.ts';
import { jsonItems, portionsOf } from './json-items.ts';

const items = (text: string): unknown[] =>
  [...jsonItems(Buffer.from(text), 'list')].map((item) => JSON.parse(item.text) as unknown);

describe('jsonItems', () => {
  it('returns what parsing the whole text would give', () => {
    const item = fc.oneof(fc.dictionary(fc.string(), fc.jsonValue()), fc.array(fc.jsonValue()));
    fc.assert(
      fc.property(fc.array(item), fc.boolean(), (list, spaced) => {
        expect(items(JSON.stringify({ list }, undefined, spaced ? 2 : 0))).toEqual(
          JSON.parse(JSON.stringify(list)),
        );
      }),
      { numRuns: runs(100) },
    );
  });

  it('finds the list after other members', () => {
    expect(items('{"done":true, "list" : [{"a":"]}\\""},[1]], "x":1}')).toEqual([
      { a: ']}"' },
      [1],
    ]);
  });

  it('extracts one list of the body and drops others', () => {
    const element = fc.jsonValue();
    fc.assert(
      fc.property(
        fc.array(
          fc.record({
            body: fc.record({
              label: fc.string(),
              fields: fc.array(element),
              children: fc.array(element),
            }),
            id: fc.string(),
          }),
        ),
        fc.boolean(),
        fc.integer({ min: 1, max: 60 }),
        (list, spaced, bytes) => {
          const text = Buffer.from(JSON.stringify({ list }, undefined, spaced ? 2 : 0));
          const cut = [...jsonItems(text, 'list', { extract: 'fields', drop: ['children'] })];
          const whole = JSON.parse(JSON.stringify(list)) as typeof list;
          expect(cut.map((item) => JSON.parse(item.text) as unknown)).toEqual(
            whole.map((item) => ({ ...item, body: { ...item.body, fields: [], children: [] } })),
          );
          expect(
            cut.map(({ extracted }) => JSON.parse(extracted!.json.toString()) as unknown),
          ).toEqual(whole.map(({ body }) => body.fields));
          expect(
            cut.map(({ extracted }) =>
              [...portionsOf(extracted!, bytes)].flatMap((one) => JSON.parse(one) as unknown[]),
            ),
          ).toEqual(whole.map(({ body }) => body.fields));
          expect(cut.map(({ extracted }) => extracted!.length)).toEqual(
            whole.map(({ body }) => body.fields.length),
          );
        },
      ),
      { numRuns: runs(100) },
    );
  });

  it.each([
    '',
    '<html>',
    '{"list":[{"a":1}',
    '{"list":[{"a":"',
    '{"other":[]}',
    '[{"list":[]}]',
    '{"list":{}}',
    '{"list":[{"a":"\\',
  ])('rejects %j with a retryable error', (text) => {
    expect(() => items(text)).toThrow(
      expect.objectContaining({ code: 'SALESFORCE_UNEXPECTED', retryable: true }),
    );
  });
});

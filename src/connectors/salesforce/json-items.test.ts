import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { jsonItems } from './json-items.ts';

const items = (text: string): unknown[] => [...jsonItems(Buffer.from(text), 'list')].map((item) => JSON.parse(item.toString()) as unknown);

describe('the items of a list in JSON', () => {
  it('are those that parsing the whole would give, whatever is in them', () => {
    const item = fc.oneof(fc.dictionary(fc.string(), fc.jsonValue()), fc.array(fc.jsonValue()));
    fc.assert(fc.property(fc.array(item), fc.boolean(), (list, spaced) => {
      expect(items(JSON.stringify({ list }, undefined, spaced ? 2 : 0))).toEqual(JSON.parse(JSON.stringify(list)));
    }), { numRuns: 300 });
  });

  it('may stand after other members', () => {
    expect(items('{"done":true, "list" : [{"a":"]}\\""},[1]], "x":1}')).toEqual([{ a: ']}"' }, [1]]);
  });

  it.each(['', '<html>', '{"list":[{"a":1}', '{"list":[{"a":"', '{"other":[]}', '[{"list":[]}]', '{"list":{}}', '{"list":[{"a":"\\'])('%j is refused and worth another try', (text) => {
    expect(() => items(text)).toThrow(expect.objectContaining({ code: 'SALESFORCE_UNEXPECTED', retryable: true }));
  });
});

import { describe, expect, it } from 'vitest';
import { describe as describeObject, describeGlobal } from '../src/org/describe.ts';
import { hasLayouts } from '../src/org/layouts.ts';
import type { ObjectEntry } from '../src/org/model.ts';
import { Org } from '../src/org/org.ts';
import { components } from '../src/query/setup-sources.ts';
import { entityColumns } from '../src/query/entity-columns.ts';

type Listed = Readonly<Record<string, unknown>> & { readonly name: string };

const target = { version: '66.0', origin: 'https://acme.my.salesforce.com' };
const org = new Org({ objects: 3000, seed: 1, now: Date.now });
const standard = org.list().filter(({ kind }) => kind === 'standard');
const bare = standard.filter((entry) => !hasLayouts(entry));
const listed = objectsIn(JSON.parse(describeGlobal(org, target)));

function objectsIn(body: unknown): ReadonlyMap<string, Listed> {
  const { sobjects } = body as { sobjects: Listed[] };
  return new Map(sobjects.map((object) => [object.name, object]));
}

function described(entry: ObjectEntry): Readonly<Record<string, unknown>> {
  return JSON.parse(describeObject(org, entry, target)) as Readonly<Record<string, unknown>>;
}

describe('page layouts', () => {
  it('exist for about as many standard objects as in a real org', () => {
    const share = (standard.length - bare.length) / standard.length;
    expect(share).toBeGreaterThan(0.4);
    expect(share).toBeLessThan(0.5);
  });

  it('come with all that administrators add to objects, and with nothing of it where they do not exist', () => {
    const ruled = components(org, '03d', 'Rule', 1, 1).map(({ entry }) => entry?.name);
    for (const entry of bare) {
      const { recordTypeInfos, urls, layoutable, mruEnabled, feedEnabled } = described(entry);
      expect({ layoutable, mruEnabled, feedEnabled }, entry.name).toEqual({
        layoutable: false,
        mruEnabled: false,
        feedEnabled: false,
      });
      expect(recordTypeInfos, entry.name).toEqual([]);
      expect(Object.keys(urls as object), entry.name).toEqual([
        'rowTemplate',
        'describe',
        'sobject',
      ]);
      expect(org.fields(entry.name).filter(({ traits }) => traits.custom === true)).toEqual([]);
      expect(ruled, entry.name).not.toContain(entry.name);
    }
    const names = new Set(bare.map(({ name }) => name));
    const companions = org.list().filter(({ parent }) => parent !== null && names.has(parent));
    expect(new Set(companions.map(({ kind }) => kind))).toEqual(new Set(['share']));
  });

  it('are the same in the list of objects and in EntityDefinition', () => {
    const columns = entityColumns(org);
    for (const entry of standard) {
      const object = listed.get(entry.name);
      expect(columns['IsLayoutable']?.(entry), entry.name).toBe(object?.['layoutable']);
      expect(columns['IsSearchable']?.(entry), entry.name).toBe(object?.['searchable']);
      expect(columns['IsReplicateable']?.(entry), entry.name).toBe(object?.['replicateable']);
    }
  });
});

import { describe, expect, it } from 'vitest';
import { describeGlobal } from '../../sandbox-org/src/org/describe.ts';
import { Org } from '../../sandbox-org/src/org/org.ts';
import { recording, recordingsPresent } from './recordings.ts';

type Listed = Readonly<Record<string, unknown>> & { readonly name: string };

const target = { version: '66.0', origin: 'https://acme.my.salesforce.com' };
const org = new Org({ objects: 3000, seed: 1, now: Date.now });
const standard = org.list().filter(({ kind }) => kind === 'standard');
const listed = objectsIn(JSON.parse(describeGlobal(org, target)));

function objectsIn(body: unknown): ReadonlyMap<string, Listed> {
  const { sobjects } = body as { sobjects: Listed[] };
  return new Map(sobjects.map((object) => [object.name, object]));
}

describe.skipIf(!recordingsPresent)('page layouts of the sandbox org', () => {
  it('are those of a recorded org, object by object', () => {
    const recorded = objectsIn(recording('describe/_global.json'));
    const common = standard.flatMap(({ name }) => {
      const real = recorded.get(name);
      return real === undefined ? [] : [{ real, ours: listed.get(name)! }];
    });
    expect(common.length).toBeGreaterThan(10);
    for (const { real, ours } of common) {
      expect(ours['layoutable'], real.name).toBe(real['layoutable']);
      if (real['layoutable'] === true) continue;
      for (const flag of [
        'mruEnabled',
        'searchable',
        'undeletable',
        'replicateable',
        'triggerable',
      ])
        expect(ours[flag], `${flag} of ${real.name}`).toBe(real[flag]);
    }
  });

  it('have the share of the recorded objects without a parent', () => {
    const owned = /(?:Share|History|Feed|ChangeEvent|__c)$/;
    const recorded = [...objectsIn(recording('describe/_global.json')).values()].filter(
      ({ name, associateParentEntity }) => !associateParentEntity && !owned.test(name),
    );
    expect(recorded.filter(({ layoutable }) => layoutable === true).length).toBe(27);
    expect(recorded.length).toBe(60);
  });
});

import { describe, expect, it } from 'vitest';
import { objectsIn } from './flow-objects.ts';

describe('the objects of a flow', () => {
  it('are those of its start, its elements and its variables, each once', () => {
    expect(
      objectsIn({
        label: 'Renew',
        processType: 'AutoLaunchedFlow',
        start: { object: 'Account', triggerType: 'RecordAfterSave' },
        recordLookups: [{ name: 'a', object: 'Contact', filters: [{ field: 'Name' }] }],
        recordUpdates: [
          { name: 'b', object: 'Account' },
          { name: 'c', inputReference: 'cases' },
        ],
        variables: [
          { name: 'cases', dataType: 'SObject', objectType: 'Case' },
          { name: 'n', dataType: 'Number', objectType: null },
        ],
        formulas: null,
      }),
    ).toEqual(['Account', 'Contact', 'Case']);
  });

  it('are the ObjectType of a process', () => {
    expect(
      objectsIn({
        processMetadataValues: [
          { name: 'TriggerType', value: { stringValue: 'onAllChanges' } },
          { name: 'ObjectType', value: { stringValue: 'Lead' } },
        ],
      }),
    ).toEqual(['Lead']);
  });

  it.each([undefined, null, 'text', {}, { start: 'x', recordLookups: [7, null, { object: 7 }] }])(
    'are empty for %j',
    (metadata) => {
      expect(objectsIn(metadata)).toEqual([]);
    },
  );
});

import { describe, expect, it } from 'vitest';
import type { Reference } from './org-model.ts';
import { completeRollUp, type ObjectLookup } from './roll-up-children.ts';

const key = (field: string, target: string, masterDetail = true): Reference => ({
  field,
  relationship: undefined,
  targets: [target],
  masterDetail,
});
const OBJECTS: Readonly<Record<string, readonly Reference[]>> = {
  Invoice_Line__c: [key('Invoice__c', 'Invoice__c'), key('Credit_Note__c', 'Invoice__c', false)],
  Order_Line__c: [key('Order__c', 'Order__c')],
  Opportunity: [key('AccountId', 'Account', false)],
  Transfer__c: [key('From__c', 'Stock__c'), key('To__c', 'Stock__c')],
};
const LABELS: Readonly<Record<string, readonly string[]>> = {
  line: ['Invoice_Line__c', 'Order_Line__c'],
  opportunity: ['Opportunity'],
  invoice_line__c: ['Invoice_Line__c'],
  transfer: ['Transfer__c'],
  twin: ['Invoice_Line__c', 'Invoice_Line__c'],
};
const lookup: ObjectLookup = {
  named: (name) => LABELS[name.toLowerCase()] ?? [],
  references: (object) => OBJECTS[object] ?? [],
};

describe('completing a roll-up from Setup', () => {
  it.each([
    [
      'by a label that two objects have',
      'Line',
      'Invoice__c',
      { child: 'Invoice_Line__c', foreignKey: 'Invoice__c' },
    ],
    [
      'by its API name',
      'Invoice_Line__c',
      'Invoice__c',
      { child: 'Invoice_Line__c', foreignKey: 'Invoice__c' },
    ],
    [
      'of a standard object by a lookup',
      'Opportunity',
      'Account',
      { child: 'Opportunity', foreignKey: 'AccountId' },
    ],
    [
      'with two references to the parent, without a foreign key',
      'Transfer',
      'Stock__c',
      { child: 'Transfer__c' },
    ],
  ])('finds the child %s', (_how, child, parent, known) => {
    expect(completeRollUp({ operation: 'sum', child }, parent, lookup)).toEqual({
      operation: 'sum',
      ...known,
    });
  });

  it.each([
    ['Line', 'Account'],
    ['Nobody', 'Invoice__c'],
    ['Twin', 'Invoice__c'],
  ])('changes nothing if %s of %s matches no child or several', (child, parent) => {
    expect(completeRollUp({ operation: 'count', child }, parent, lookup)).toEqual({
      operation: 'count',
      child,
    });
  });

  it('changes nothing if the definition is known', () => {
    const known = { operation: 'sum', child: 'Line', field: 'A__c', foreignKey: 'B__c' };
    expect(completeRollUp(known, 'Invoice__c', lookup)).toBe(known);
  });
});

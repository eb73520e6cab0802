import { describe, expect, it } from 'vitest';
import {
  complianceGroupsIn,
  labelOf,
  namespaceOf,
  originOfField,
  TagAnnouncer,
  tagsOfField,
  tagsOfObject,
} from './governance.ts';

describe('tags', () => {
  it('of a field are its sensitivity level and each compliance group once', () => {
    const tags = tagsOfField({
      SecurityClassification: 'Restricted',
      ComplianceGroup: 'PII; GDPR;;PII',
    });
    expect(tags.map((tag) => labelOf(tag).tagFQN)).toEqual([
      'SalesforceSecurityClassification.Restricted',
      'SalesforceComplianceGroup.PII',
      'SalesforceComplianceGroup.GDPR',
    ]);
    expect(tagsOfField({ SecurityClassification: undefined, ComplianceGroup: undefined })).toEqual(
      [],
    );
    expect([complianceGroupsIn('PII; GDPR;;PII'), complianceGroupsIn('')]).toEqual([
      ['PII', 'GDPR'],
      [],
    ]);
  });

  it.each([
    ['Account', false, ['Standard']],
    ['Invoice__c', true, ['Custom']],
    ['acme__Invoice__c', true, ['Managed']],
    ['acme__Rate__mdt', true, ['Managed']],
    ['Unknown__zz', false, ['Standard']],
    ['Opportunity__hd', false, []],
    ['Knowledge__ViewStat', false, []],
    ['Invoice__History', false, []],
  ] as const)('of the object %s, listed with custom: %s, are %j', (name, custom, origins) => {
    expect(
      tagsOfObject({ name, custom, customSetting: false, associateEntityType: undefined }).map(
        (tag) => tag.name,
      ),
    ).toEqual(origins);
  });

  it.each([
    ['Name', undefined],
    ['OwnerId', undefined],
    ['LastActivityDate', undefined],
    ['Amount__c', 'Custom'],
    ['acme__Amount__c', 'Managed'],
    ['Place__Latitude__s', 'Custom'],
    ['acme__Place__Latitude__s', 'Managed'],
    ['Id', 'System'],
    ['SystemModstamp', 'System'],
    ['CreatedById', 'System'],
    ['LastViewedDate', 'System'],
  ])('mark the field %s as %s', (name, origin) => {
    expect(originOfField(name).map(({ tagFQN }) => tagFQN)).toEqual(
      origin === undefined ? [] : [`SalesforceOrigin.${origin}`],
    );
  });

  it('of origin are one shared object for all fields', () => {
    expect(originOfField('Id')).toBe(originOfField('CreatedDate'));
    expect(originOfField('A__c')).toBe(originOfField('B__c'));
    expect(namespaceOf('Place__Latitude__s')).toBeUndefined();
  });

  it('with a dot in the name are quoted in labels, and not in their records', () => {
    const label = labelOf({ classification: 'SalesforceComplianceGroup', name: 'v1.0 "beta"' });
    expect(label.tagFQN).toBe(String.raw`SalesforceComplianceGroup."v1.0 \"beta\""`);
    const announced = [...new TagAnnouncer().announce([label, label])];
    expect(announced.map(({ kind, name }) => [kind, name])).toEqual([
      ['classification', 'SalesforceComplianceGroup'],
      ['tag', 'v1.0 "beta"'],
    ]);
  });
});

import { describe, expect, it } from 'vitest';
import { parseFormula } from './parse.ts';
import { references } from './references.ts';
import { resolveReferences, type FormulaModel, type ResolvedReferences } from './resolve.ts';

type Objects = Readonly<
  Record<
    string,
    {
      readonly fields: readonly string[];
      readonly relationships?: Readonly<Record<string, readonly string[]>>;
    }
  >
>;

const OBJECTS: Objects = {
  Opportunity: {
    fields: ['Id', 'Amount', 'AccountId', 'OwnerId'],
    relationships: { Account: ['Account'], Owner: ['User', 'Group'], Self__r: ['Opportunity'] },
  },
  Account: {
    fields: ['Id', 'Name', 'Industry', 'OwnerId'],
    relationships: { Owner: ['User'], Parent: ['Account'] },
  },
  User: {
    fields: ['Id', 'Name', 'Email', 'ManagerId'],
    relationships: { Manager: ['User'], UserRole: ['UserRole'] },
  },
  UserRole: { fields: ['Name'] },
  Group: { fields: ['Id', 'Name', 'Email', 'DeveloperName'] },
  Organization: { fields: ['Name'] },
  Tax__mdt: { fields: ['Rate__c'], relationships: { Country__r: ['Country__mdt'] } },
  Country__mdt: { fields: ['Code__c'] },
  Limits__c: { fields: ['Maximum__c'] },
};

function spelt(names: readonly string[], name: string): string | undefined {
  return names.find((known) => known.toLowerCase() === name.toLowerCase());
}

const model: FormulaModel = {
  field(object, name) {
    const known = OBJECTS[spelt(Object.keys(OBJECTS), object) ?? ''];
    return known && spelt(known.fields, name);
  },
  relationship(object, name) {
    const relationships = OBJECTS[object]?.relationships ?? {};
    return relationships[spelt(Object.keys(relationships), name) ?? ''] ?? [];
  },
};

function resolve(formula: string): ResolvedReferences {
  const parsed = parseFormula(formula);
  if (!parsed.ok) throw new Error(parsed.message);
  return resolveReferences(references(parsed.ast), 'Opportunity', model);
}

function ends(formula: string): readonly string[] {
  return resolve(formula).sources.map(({ object, field }) => `${object}.${field}`);
}

describe('resolveReferences', () => {
  it.each([
    ['Amount', ['Opportunity.Amount']],
    ['account.name', ['Account.Name']],
    ['Account.Owner.Manager.Email', ['User.Email']],
    ['Account.Parent.Parent.Industry', ['Account.Industry']],
    ['Owner.Name', ['User.Name', 'Group.Name']],
    ['Owner.Email', ['User.Email', 'Group.Email']],
    ['Owner:User.Name', ['User.Name']],
    ['Owner:Queue.Name', ['Group.Name']],
    ['Owner:Queue.QueueName', ['Group.Name']],
    ['owner:queue.queueemail', ['Group.Email']],
    ['Owner:Queue.DeveloperName', ['Group.DeveloperName']],
    ['$User.Email', ['User.Email']],
    ['$Record.Account.Name', ['Account.Name']],
    ['$Record__Prior.Amount', ['Opportunity.Amount']],
    ['$User.UserRole.Name', ['UserRole.Name']],
    ['$Organization.Name', ['Organization.Name']],
    ['$CustomMetadata.Tax__mdt.Germany.Rate__c', ['Tax__mdt.Rate__c']],
    ['$CustomMetadata.Tax__mdt.Germany.Country__r.Code__c', ['Country__mdt.Code__c']],
    ['$Setup.Limits__c.Maximum__c', ['Limits__c.Maximum__c']],
    ['$ObjectType.Account.Fields.Name', ['Account.Name']],
  ])('resolves %s to %j', (formula, expected) => {
    expect(ends(formula)).toEqual(expected);
    expect(resolve(formula)).toMatchObject({ constants: [], unresolved: [] });
  });

  it('returns each source once, with its first reference', () => {
    expect(resolve('Account.Owner.Email & $User.Email').sources).toEqual([
      { object: 'User', field: 'Email', reference: 'Account.Owner.Email' },
    ]);
  });

  it('reports unresolved references and continues', () => {
    expect(
      resolve(
        'Nope__c & Nope__r.Name & Account.Nope__c & Owner:Account.Name & $CustomMetadata.Tax__mdt & Amount',
      ),
    ).toEqual({
      sources: [{ object: 'Opportunity', field: 'Amount', reference: 'Amount' }],
      constants: [],
      unresolved: [
        'Nope__c',
        'Nope__r.Name',
        'Account.Nope__c',
        'Owner:Account.Name',
        '$CustomMetadata.Tax__mdt',
      ],
    });
  });

  it('distinguishes globals that are not data from unresolved references', () => {
    expect(resolve('$Label.Hello & $Api.Session_ID & $ObjectType.Account')).toMatchObject({
      constants: ['$Label.Hello', '$Api.Session_ID', '$ObjectType.Account'],
      unresolved: [],
    });
  });

  it('does not follow a path that is longer than Salesforce allows', () => {
    const path = `${'Self__r.'.repeat(16)}Amount`;
    expect(resolve(path).unresolved).toEqual([path]);
  });
});

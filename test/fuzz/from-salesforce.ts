import { parseEndpoint } from '../../foundation/src/network/endpoint.ts';
import { parseProxy } from '../../foundation/src/network/proxy.ts';
import { readListing } from '../../src/connectors/salesforce/describe/object-list.ts';
import { readDescribe } from '../../src/connectors/salesforce/describe/sobject-describe.ts';
import { parseFormula } from '../../src/connectors/salesforce/formula/parse.ts';
import { jsonItems, portionsOf } from '../../src/connectors/salesforce/json/json-items.ts';
import { WantedMembers } from '../../src/connectors/salesforce/json/wanted-members.ts';
import { readLoginResponse } from '../../src/connectors/salesforce/sign-in/soap-login.ts';
import * as corpus from './corpus.ts';
import type { Target } from './fuzz.ts';
import { valueIn } from './value-in.ts';

const { texts, json } = corpus;

export function fromSalesforce(): readonly Target[] {
  return [
    {
      name: 'SOAP answers',
      corpus: texts(corpus.LOGIN, corpus.FAULT),
      read: (bytes) => {
        readLoginResponse(200, bytes.toString());
        return 'session';
      },
    },
    {
      name: 'composites of describes',
      corpus: json(corpus.COMPOSITE),
      read: (bytes) => {
        const cut = { extract: 'fields', wanted: WANTED, drop: ['childRelationships'] };
        const sizes = [...jsonItems(bytes, 'compositeResponse', cut)].map(({ extracted }) =>
          extracted === undefined ? 0 : [...portionsOf(extracted)].length,
        );
        return sizes.join(' ').slice(0, 20);
      },
    },
    {
      name: 'describes',
      corpus: json({ ...corpus.SOBJECT, fields: [corpus.FIELD] }),
      read: (bytes) => String(readDescribe(valueIn(bytes)).fields.length),
    },
    {
      name: 'lists of objects',
      corpus: json({ sobjects: [corpus.SOBJECT, corpus.SOBJECT] }),
      read: (bytes) => String(readListing(valueIn(bytes)).length),
    },
    {
      name: 'formulas',
      corpus: texts(
        'IF(ISBLANK(Amount__c), 0, Account.Parent.Rate__c * 1.5e3) & "x\\"y"',
        'NOT a || b /* c */ && -1 <> $User.Id',
      ),
      read: (bytes) => {
        const parsed = parseFormula(bytes.toString());
        return parsed.ok ? parsed.ast.kind : 'problem';
      },
    },
    {
      name: 'addresses',
      corpus: texts(
        'acme.my.salesforce.com:8443',
        'https://u:p%40@proxy.example:3128',
        '[::1]:443',
      ),
      read: (bytes) => `${answerOf(parseEndpoint, bytes)} ${answerOf(parseProxy, bytes)}`,
    },
  ];
}

const WANTED = new WantedMembers(['name', 'label', 'referenceTo'], ['unique']);

function answerOf(read: (text: string) => unknown, bytes: Buffer): string {
  try {
    read(bytes.toString());
    return 'valid';
  } catch (thrown) {
    if (!(thrown instanceof Error && 'code' in thrown)) throw thrown;
    return String(thrown.code);
  }
}

import { describe, expect, it } from 'vitest';
import { parseFormula } from './parse.ts';
import { references } from './references.ts';

/** Formulas as admins write them, with what each refers to. */
const FORMULAS: readonly (readonly [formula: string, references: readonly string[]])[] = [
  ['Amount', ['Amount']],
  ['Amount * 0.1', ['Amount']],
  ['Amount * Probability', ['Amount', 'Probability']],
  ['1 + .5 - 2.', []],
  ['"constant"', []],
  ['\'single \' & "double"', []],
  ['TRUE', []],
  ['null', []],
  ['FirstName & " " & LastName', ['FirstName', 'LastName']],
  ['Account.Name', ['Account.Name']],
  ['Account.Owner.Name', ['Account.Owner.Name']],
  ['Parent__r.Field__c', ['Parent__r.Field__c']],
  ['Parent__r.Grand_Parent__r.Great__r.Code__c', ['Parent__r.Grand_Parent__r.Great__r.Code__c']],
  ['acme__Invoice__r.acme__Total__c', ['acme__Invoice__r.acme__Total__c']],
  ['Owner:User.Email', ['Owner:User.Email']],
  [
    'IF(ISBLANK(Owner:Queue.QueueName), Owner:User.FirstName, Owner:Queue.QueueName)',
    ['Owner:Queue.QueueName', 'Owner:User.FirstName'],
  ],
  ['$User.Id = OwnerId', ['$User.Id', 'OwnerId']],
  ['$User.UserRole.Name', ['$User.UserRole.Name']],
  ['$Profile.Name = "System Administrator"', ['$Profile.Name']],
  ['$Organization.Name', ['$Organization.Name']],
  [
    '$CustomMetadata.Tax_Rate__mdt.Germany.Rate__c * Amount',
    ['$CustomMetadata.Tax_Rate__mdt.Germany.Rate__c', 'Amount'],
  ],
  ['$Setup.Limits__c.Maximum__c', ['$Setup.Limits__c.Maximum__c']],
  ['$Label.Greeting & Name', ['$Label.Greeting', 'Name']],
  ['$Permission.Can_Discount', ['$Permission.Can_Discount']],
  ['$RecordType.DeveloperName = "Partner"', ['$RecordType.DeveloperName']],
  ['RecordType.DeveloperName == "Partner"', ['RecordType.DeveloperName']],
  ['PRIORVALUE(StageName)', ['StageName']],
  ['AND(ISCHANGED(Amount), PRIORVALUE(Amount) <> Amount)', ['Amount']],
  ['IF(Amount > 1000000, "Large", IF(Amount > 100000, "Medium", "Small"))', ['Amount']],
  [
    'CASE(Type, "Partner", Rating, "Customer", CustomerPriority__c, "None")',
    ['Type', 'Rating', 'CustomerPriority__c'],
  ],
  ['CASE(MOD(CloseDate - DATE(1900, 1, 7), 7), 0, "Sunday", 1, "Monday", "Other")', ['CloseDate']],
  ['ISPICKVAL(StageName, "Closed Won") && Amount >= 5000', ['StageName', 'Amount']],
  ['ISPICKVAL(Status, "New") || !IsEscalated', ['Status', 'IsEscalated']],
  ['NOT(ISPICKVAL(Status__c, "Done"))', ['Status__c']],
  ['INCLUDES(Interests__c, "Golf")', ['Interests__c']],
  ['TEXT(Industry) & " / " & TEXT(Account.Industry)', ['Industry', 'Account.Industry']],
  [
    'BLANKVALUE(Account.BillingCountry, Account.ShippingCountry)',
    ['Account.BillingCountry', 'Account.ShippingCountry'],
  ],
  ['NULLVALUE(Discount__c, 0) / 100', ['Discount__c']],
  ['HYPERLINK("/" & Id, Name, "_self")', ['Id', 'Name']],
  [
    'HYPERLINK("https://maps.example.com/?q=" & BillingStreet & "," & BillingCity, "Map", "_blank")',
    ['BillingStreet', 'BillingCity'],
  ],
  [
    'IMAGE("/img/samples/flag_" & CASE(Priority, "High", "red", "green") & ".gif", "flag", 12, 12)',
    ['Priority'],
  ],
  [
    'IMAGE(\n  CASE(Health__c,\n    "R", "/img/r.png",\n    "G", "/img/g.png",\n    ""),\n  TEXT(Health__c))',
    ['Health__c'],
  ],
  ['TODAY() - DATEVALUE(CreatedDate)', ['CreatedDate']],
  ['(NOW() - LastModifiedDate) * 24 * 60', ['LastModifiedDate']],
  ['ADDMONTHS(StartDate, ContractTerm)', ['StartDate', 'ContractTerm']],
  ['DATE(YEAR(Birthdate__c) + 18, MONTH(Birthdate__c), DAY(Birthdate__c))', ['Birthdate__c']],
  ['Amount /* net */ * (1 + Tax__c) /* gross = "Amount" */', ['Amount', 'Tax__c']],
  ['/* Account.Secret__c is not read */ Name', ['Name']],
  ['/**/Name/***/', ['Name']],
  ['"say \\"Amount\\" \\\\" & Name', ['Name']],
  ['SUBSTITUTE(Name, \'"\', "\\\'")', ['Name']],
  ['REGEX(Phone, "\\\\D*?(\\\\d\\\\D*?){10}")', ['Phone']],
  ['LEFT(Name, FIND(" ", Name & " ") - 1)', ['Name']],
  ['UPPER(TRIM(MID(Code__c, 2, LEN(Code__c) - 1)))', ['Code__c']],
  ['VALUE(Number_Text__c) ^ 2', ['Number_Text__c']],
  ['-Amount + +Fee__c', ['Amount', 'Fee__c']],
  ['ROUND(SQRT((X__c ^ 2) + (Y__c ^ 2)), 2)', ['X__c', 'Y__c']],
  ['DISTANCE(Location__c, GEOLOCATION(37.775, -122.418), "mi") < 20', ['Location__c']],
  [
    'VLOOKUP($ObjectType.Zip__c.Fields.City__c, $ObjectType.Zip__c.Fields.Name, BillingPostalCode)',
    ['$ObjectType.Zip__c.Fields.City__c', '$ObjectType.Zip__c.Fields.Name', 'BillingPostalCode'],
  ],
  ['NOT ISBLANK(Shipped_On__c)', ['Shipped_On__c']],
  [
    'IF(OR(not ISNULL(Approved_On__c), ISPICKVAL(Stage__c, "Open")), "yes", "no")',
    ['Approved_On__c', 'Stage__c'],
  ],
  ['NOT ISBLANK(TEXT(Region__c)) && NOT ISBLANK(TEXT(Channel__c))', ['Region__c', 'Channel__c']],
  ['AND((NOT ISNUMBER(Code__c)), LEN(Code__c) > 4)', ['Code__c']],
  ['Not__c + Not__r.Total__c + Notes', ['Not__c', 'Not__r.Total__c', 'Notes']],
  [
    'IF(AND(OR(A__c = 1, B__c = 2), NOT(C__c != 3)), D__c, E__c)',
    ['A__c', 'B__c', 'C__c', 'D__c', 'E__c'],
  ],
  ['if(isnew(), now(), createddate)', ['createddate']],
  ['Amount + AMOUNT + amount', ['Amount']],
  ['CreatedBy.Manager.Email', ['CreatedBy.Manager.Email']],
  ['ISCLONE() && $Api.Session_ID <> ""', ['$Api.Session_ID']],
  ['LINKTO("New", $Action.Account.New, Account.Id)', ['$Action.Account.New', 'Account.Id']],
  ['CURRENCYRATE("EUR") * TO_Amount__c', ['TO_Amount__c']],
  ['Größe__c & "📦 → مرحبا"', ['Größe__c']],
  ['\r\n\t Amount\u00A0\r\n', ['Amount']],
  ['Name & BR() & Location__Latitude__s', ['Name', 'Location__Latitude__s']],
  ['TRUE && IsTrue__c = FALSE', ['IsTrue__c']],
  ['TEXT(MIN(A__c, B__c)) & IF(Hot__c, "!", "")', ['A__c', 'B__c', 'Hot__c']],
  ['(((Amount)))', ['Amount']],
];

const REJECTED: readonly (readonly [formula: string, position: number, message: string])[] = [
  ['', 0, 'found the end of the formula'],
  ['   /* nothing */', 16, 'found the end of the formula'],
  ['Amount +', 8, 'found the end of the formula'],
  ['* Amount', 0, 'expected a value'],
  ['Amount Name', 7, 'unexpected "Name"'],
  ['IF(Amount', 9, 'expected ")"'],
  ['IF(Amount, , 1)', 11, 'expected a value'],
  ['(1 + 2', 6, 'expected ")"'],
  ['1 + 2)', 5, 'unexpected ")"'],
  ['"open', 0, 'unclosed string literal'],
  ['Name & "open\\"', 7, 'unclosed string literal'],
  ['Name /* open', 5, 'unclosed comment'],
  ['Name ; Id', 5, 'unexpected character ";"'],
  ['A | B', 2, 'unexpected character "|"'],
  ['NOT', 3, 'found the end of the formula'],
  ['12abc', 2, 'unexpected "abc"'],
  ['Account.', 7, 'unexpected character "."'],
  ['Owner:User:Group.Name', 10, 'unexpected character ":"'],
  ['Account.Method(1)', 14, 'not a function name'],
  ['“curly”', 0, 'unexpected character "“"'],
  ['{!Name}', 0, 'unexpected character "{"'],
];

describe('parseFormula', () => {
  it.each(FORMULAS)('finds the references of %s', (formula, expected) => {
    const parsed = parseFormula(formula);
    expect(parsed).toMatchObject({ ok: true });
    expect(parsed.ok && references(parsed.ast).map(({ text }) => text)).toEqual(expected);
  });

  it.each(REJECTED)('rejects %s at the position of the problem', (formula, position, message) => {
    expect(parseFormula(formula)).toEqual({
      ok: false,
      position,
      message: expect.stringContaining(message),
    });
  });
});

describe('the syntax tree', () => {
  function tree(formula: string): unknown {
    const parsed = parseFormula(formula);
    return parsed.ok ? parsed.ast : parsed;
  }

  it.each([
    ['A + B * C', 'A + (B * C)'],
    ['A * B + C', '(A * B) + C'],
    ['A & B = C && D || E', '(((A & B) = C) && D) || E'],
    ['A = B < C', 'A = (B < C)'],
    ['A || B && C', 'A || (B && C)'],
    ['A * B ^ C / D', 'A * (B ^ C) / D'],
    ['NOT(A) && !B', '(NOT(A)) && (!B)'],
    ['not A && B', '(!A) && B'],
    ['NOT A = B', '(!A) = B'],
    ['NOT NOT A', '!(!A)'],
    ['-A * B', '(-A) * B'],
  ])('binds %s as %s', (loose, bracketed) => {
    expect(tree(loose)).toEqual(tree(bracketed));
  });

  it('keeps operators of the same precedence in one flat list', () => {
    expect(tree('A - B + C')).toMatchObject({
      kind: 'operation',
      operators: ['-', '+'],
      operands: [{}, {}, {}],
    });
    expect(tree('A - (B + C)')).toMatchObject({
      operators: ['-'],
      operands: [{}, { operators: ['+'] }],
    });
  });

  it('resolves escapes in string literals', () => {
    expect(tree(String.raw`"a\"b\\c\nd\'e"`)).toEqual({ kind: 'text', value: 'a"b\\c\nd\'e' });
  });

  it('keeps decimals as written', () => {
    expect(tree('0.10000000000000000001')).toEqual({
      kind: 'number',
      digits: '0.10000000000000000001',
    });
  });

  it('has function names in upper case, and the target of a narrowed relationship', () => {
    expect(tree('text(Owner:User.Name)')).toEqual({
      kind: 'call',
      name: 'TEXT',
      arguments: [
        {
          kind: 'reference',
          path: [
            { name: 'Owner', target: 'User' },
            { name: 'Name', target: undefined },
          ],
        },
      ],
    });
  });
});

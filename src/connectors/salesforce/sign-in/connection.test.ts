import { describe, expect, it } from 'vitest';
import { parseConnection } from './connection.ts';
import { orgOrigin } from './domain.ts';

const soap = { username: 'u@acme.com', password: 'p', securityToken: 't' };

describe('a Salesforce connection', () => {
  it('takes the example of OpenMetadata’s page, with both spellings of the object list', () => {
    const connection = parseConnection({
      type: 'Salesforce',
      ...soap,
      organizationId: '',
      sobjectName: 'Account',
      sobjectNames: ['Contact', 'account'],
      salesforceApiVersion: '42.0',
      salesforceDomain: 'login',
      connectionOptions: {},
      connectionArguments: {},
    });
    expect(connection).toMatchObject({
      endpoint: { host: 'login.salesforce.com', port: 443 },
      apiVersion: undefined,
      databaseName: 'default',
      signIn: { way: 'soap', withToken: true },
    });
    expect(connection.objectNames).toHaveLength(2);
  });

  it.each([
    ['https://acme.my.salesforce.com', 'acme.my'],
    ['acme.my.salesforce.com', 'acme.my'],
    ['https://acme.lightning.force.com/lightning/page/home', 'acme.my'],
    ['acme--uat.sandbox.my.salesforce.com', 'acme--uat.sandbox.my'],
    ['login.salesforce.com', 'login'],
    ['acme', 'acme.my'],
    ['acme--uat.sandbox', 'acme--uat.sandbox.my'],
  ])('refuses the domain %s with the right spelling', (given, meant) => {
    expect(() => parseConnection({ ...soap, salesforceDomain: given })).toThrow(
      expect.objectContaining({
        code: 'SALESFORCE_DOMAIN_INVALID',
        message: expect.stringContaining(`write "${meant}"`) as string,
      }),
    );
  });

  it.each([
    ['42.0', undefined],
    ['', undefined],
    ['42', '42.0'],
    ['v42.0', '42.0'],
    ['64.0', '64.0'],
    ['v64', '64.0'],
  ])(
    'reads salesforceApiVersion %j as %s: a server writes its schema’s default where nobody chose a version',
    (salesforceApiVersion, apiVersion) => {
      expect(parseConnection({ ...soap, salesforceApiVersion }).apiVersion).toBe(apiVersion);
    },
  );

  it('takes a version that YAML read as a number, and asks for quotes around any other', () => {
    expect(parseConnection({ ...soap, salesforceApiVersion: 60 }).apiVersion).toBe('60.0');
    expect(() => parseConnection({ ...soap, securityToken: 1234567 })).toThrow(
      expect.objectContaining({
        message: expect.stringMatching(/securityToken.*write it in quotes/) as string,
      }),
    );
  });

  it.each([
    'acme.my.evil.com#',
    'a b.my',
    '../x',
    'acme.my@evil.com',
    'evil.com/acme.my',
    '.my',
    'acme..my',
    'acme.my\n',
  ])('refuses %j as domain', (domain) => {
    expect(() => parseConnection({ ...soap, salesforceDomain: domain })).toThrow(
      expect.objectContaining({ code: 'SALESFORCE_DOMAIN_INVALID' }),
    );
  });

  it.each(['evil.com/x', 'evil.com', 'https://www.acme.example', 'acme.my.evil.com'])(
    'says of %s, which is not Salesforce’s, what a domain looks like, and suggests none',
    (domain) => {
      expect(() => parseConnection({ ...soap, salesforceDomain: domain })).toThrow(
        expect.objectContaining({
          message: `salesforceDomain "${domain}" is not a domain prefix, the part of an address like "acme.my.salesforce.com" before ".salesforce.com"`,
        }),
      );
    },
  );

  it.each([
    'login',
    'test',
    'acme.my',
    'ACME.my',
    'acme--uat.sandbox.my',
    'acme-dev-ed.develop.my',
  ])('takes %s as domain', (domain) => {
    expect(parseConnection({ ...soap, salesforceDomain: domain }).domain).toBe(
      domain.toLowerCase(),
    );
  });

  it.each([
    [{ ...soap }, 'soap'],
    [{ username: 'u', password: 'p', organizationId: '00DIB000004nDEq' }, 'soap'],
    [
      { username: 'u', password: 'p', securityToken: 't', consumerKey: 'k', consumerSecret: 's' },
      'password',
    ],
    [{ consumerKey: 'k', consumerSecret: 's', salesforceDomain: 'acme.my' }, 'clientCredentials'],
    [{ consumerKey: 'k', username: 'u', privateKey: 'pem' }, 'jwt'],
  ])('chooses the way to sign in by the fields given (%#)', (document, way) => {
    expect(parseConnection(document).signIn.way).toBe(way);
  });

  it.each([
    [{}, 'nothing to sign in with'],
    [{ username: 'u' }, 'password'],
    [{ password: 'p' }, 'username'],
    [{ securityToken: 't' }, 'securityToken needs password'],
    [{ consumerKey: 'k' }, 'consumerSecret or privateKey'],
    [{ consumerSecret: 's' }, 'consumerKey'],
    [{ consumerKey: 'k', consumerSecret: 's' }, 'salesforceDomain'],
    [
      { consumerKey: 'k', consumerSecret: 's', securityToken: 't', salesforceDomain: 'acme.my' },
      'securityToken',
    ],
    [{ consumerKey: 'k', username: 'u', privateKey: 'x', password: 'hunter2' }, 'password'],
    [{ privateKey: 'x', username: 'u' }, 'consumerKey'],
    [{ ...soap, sslConfig: { sslKey: 'x' } }, 'sslConfig.sslCertificate'],
    [{ ...soap, sslConfig: { sslKey: 'x', sslCertificate: 'y' } }, 'salesforceDomain'],
    [{ ...soap, connectionArguments: { instance_url: 'https://evil.example' } }, 'instance_url'],
    [
      { ...soap, connectionOptions: { proxies: 'https://evil.example' } },
      'connectionOptions cannot be used here: "proxies"',
    ],
    [{ ...soap, organizationId: '00DIB000004nDEqAAA' }, 'organizationId'],
    [{ ...soap, salesforceApiVersion: 'latest' }, 'salesforceApiVersion'],
    [{ ...soap, pasword: 'hunter2' }, '"pasword"'],
    [{ ...soap, sobjectNames: ["Account' OR Name != '"] }, 'sobjectNames.0'],
  ])('names the fields that are missing or contradict (%#)', (document, named) => {
    const refused = (): unknown => parseConnection(document);
    expect(refused).toThrow(
      expect.objectContaining({
        code: 'SALESFORCE_CONNECTION_INVALID',
        message: expect.stringContaining(named) as string,
      }),
    );
    expect(refused).not.toThrow('hunter2');
  });

  it('calls the API on port 8443 with a client certificate', () => {
    expect(
      parseConnection({
        ...soap,
        salesforceDomain: 'acme.my',
        sslConfig: { sslCertificate: 'c', sslKey: 'k' },
      }).endpoint,
    ).toEqual({ host: 'acme.my.salesforce.com', port: 8443 });
  });

  it('takes an organization id of 18 characters whose check digits agree', () => {
    expect(parseConnection({ ...soap, organizationId: '00Di0000000icUBEAY' }).organizationId).toBe(
      '00Di0000000icUB',
    );
  });
});

describe('the address that a sign-in answers with', () => {
  it.each([
    [
      'https://acme.my.salesforce.com/services/Soap/u/64.0/00D',
      'acme.my',
      'https://acme.my.salesforce.com',
    ],
    ['https://acme.my.salesforce.com', 'login', 'https://acme.my.salesforce.com'],
    ['https://na15-api.salesforce.com', 'login', 'https://na15.salesforce.com'],
  ])('%s after %s is %s', (answered, domain, origin) => {
    expect(orgOrigin(answered, domain, 443)).toBe(origin);
  });

  it.each([
    'http://acme.my.salesforce.com',
    'https://acme.my.salesforce.com.evil.com',
    'https://evil.com/acme.my.salesforce.com',
    'https://acme.my.salesforce.com@evil.com',
    'https://u:p@acme.my.salesforce.com',
    'https://acme.my.salesforce.com:9443',
    'https://other.my.salesforce.com',
    'https://evilsalesforce.com',
    '//acme.my.salesforce.com',
    '',
    'https://acme.my.sаlesforce.com',
  ])('%j is refused', (answered) => {
    expect(() => orgOrigin(answered, 'acme.my', 443)).toThrow(
      expect.objectContaining({ code: 'SALESFORCE_UNEXPECTED' }),
    );
  });
});

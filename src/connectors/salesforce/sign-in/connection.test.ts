import { describe, expect, it } from 'vitest';
import { parseConnection } from './connection.ts';
import { orgOrigin, type SignInAddress } from './domain.ts';

const soap = { username: 'u@acme.com', password: 'p', securityToken: 't' };

describe('parseConnection', () => {
  it('accepts the example of OpenMetadata’s documentation, with both fields for objects', () => {
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
      signIn: { kind: 'soap', withToken: true },
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
  ])('rejects the domain %s and suggests %s', (domain, suggestion) => {
    expect(() => parseConnection({ ...soap, salesforceDomain: domain })).toThrow(
      expect.objectContaining({
        code: 'SALESFORCE_DOMAIN_INVALID',
        message: expect.stringContaining(`use "${suggestion}"`) as string,
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
    'reads salesforceApiVersion %j as %s, where 42.0 is the default of OpenMetadata’s schema',
    (salesforceApiVersion, apiVersion) => {
      expect(parseConnection({ ...soap, salesforceApiVersion }).apiVersion).toBe(apiVersion);
    },
  );

  it('accepts a version as a number, and asks for quotes around any other number', () => {
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
  ])('rejects %j as domain', (domain) => {
    expect(() => parseConnection({ ...soap, salesforceDomain: domain })).toThrow(
      expect.objectContaining({ code: 'SALESFORCE_DOMAIN_INVALID' }),
    );
  });

  it.each(['evil.com/x', 'evil.com', 'https://www.acme.example', 'acme.my.evil.com'])(
    'rejects %s, which is not a host of Salesforce, without a suggestion',
    (domain) => {
      expect(() => parseConnection({ ...soap, salesforceDomain: domain })).toThrow(
        expect.objectContaining({
          message: `salesforceDomain "${domain}" is not a domain prefix; use the part of the address before ".salesforce.com", for example "acme.my"`,
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
  ])('accepts %s as domain', (domain) => {
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
  ])('chooses the sign-in method by the fields that are set (%#)', (document, kind) => {
    expect(parseConnection(document).signIn.kind).toBe(kind);
  });

  it.each([
    [{}, 'no credentials to sign in with'],
    [{ username: 'u' }, 'password'],
    [{ password: 'p' }, 'username'],
    [{ securityToken: 't' }, 'securityToken requires password'],
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
      'connectionOptions is not supported: "proxies"',
    ],
    [{ ...soap, organizationId: '00DIB000004nDEqAAA' }, 'organizationId'],
    [{ ...soap, salesforceApiVersion: 'latest' }, 'salesforceApiVersion'],
    [{ ...soap, pasword: 'hunter2' }, '"pasword"'],
    [{ ...soap, sobjectNames: ["Account' OR Name != '"] }, 'sobjectNames.0'],
  ])('names the fields that are missing or conflict (%#)', (document, named) => {
    const parse = (): unknown => parseConnection(document);
    expect(parse).toThrow(
      expect.objectContaining({
        code: 'SALESFORCE_CONNECTION_INVALID',
        message: expect.stringContaining(named) as string,
      }),
    );
    expect(parse).not.toThrow('hunter2');
  });

  it('uses port 8443 with a client certificate', () => {
    expect(
      parseConnection({
        ...soap,
        salesforceDomain: 'acme.my',
        sslConfig: { sslCertificate: 'c', sslKey: 'k' },
      }).endpoint,
    ).toEqual({ host: 'acme.my.salesforce.com', port: 8443 });
  });

  it('accepts an organization id of 18 characters with valid check digits', () => {
    expect(parseConnection({ ...soap, organizationId: '00Di0000000icUBEAY' }).organizationId).toBe(
      '00Di0000000icUB',
    );
  });
});

describe('orgOrigin', () => {
  const addressOf = (domain: string): SignInAddress => ({
    domain,
    endpoint: { host: 'acme.my.salesforce.com', port: 443 },
  });

  it.each([
    [
      'https://acme.my.salesforce.com/services/Soap/u/64.0/00D',
      'acme.my',
      'https://acme.my.salesforce.com',
    ],
    ['https://acme.my.salesforce.com', 'login', 'https://acme.my.salesforce.com'],
    ['https://na15-api.salesforce.com', 'login', 'https://na15.salesforce.com'],
  ])('accepts %s after a sign-in at %s as %s', (returned, domain, origin) => {
    expect(orgOrigin(returned, addressOf(domain))).toBe(origin);
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
  ])('rejects %j', (returned) => {
    expect(() => orgOrigin(returned, addressOf('acme.my'))).toThrow(
      expect.objectContaining({ code: 'SALESFORCE_UNEXPECTED' }),
    );
  });
});

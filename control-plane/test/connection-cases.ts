/**
 * Connections that control plane and runner, each with its own code, must accept or reject in the
 * same way.
 */
import { SERVICE } from './stage.ts';

const { connection } = SERVICE;
const oauth = { consumerKey: 'key', consumerSecret: 'secret:/a/b', salesforceDomain: 'acme.my' };
const jwt = { consumerKey: 'key', privateKey: 'secret:/a/b', username: 'u@acme.example' };

/** Name, connection, and part of the control plane's error. Runners reject them too. */
export const UNUSABLE: readonly (readonly [string, Readonly<Record<string, unknown>>, string])[] = [
  ['no fields', {}, 'no sign-in fields'],
  [
    'a misspelled field',
    { ...connection, passwrd: 'hunter2' },
    'unknown field "passwrd"; did you mean password?',
  ],
  ['a field of another connector', { ...connection, hostPort: 'x' }, 'unknown field "hostPort"'],
  ['an empty field', { ...connection, username: '' }, 'username: is empty'],
  ['a blank field', { ...connection, username: '  ' }, 'username: is empty'],
  [
    'a URL as domain',
    { ...connection, salesforceDomain: 'https://acme.my.salesforce.com' },
    'salesforceDomain',
  ],
  [
    'a whole host as domain',
    { ...connection, salesforceDomain: 'acme.my.salesforce.com' },
    'salesforceDomain',
  ],
  ['a foreign domain', { ...connection, salesforceDomain: 'evil.example' }, 'salesforceDomain'],
  ['only a user name', { username: 'u@acme.example' }, 'username needs password'],
  ['only a token', { securityToken: 'secret:/a/b' }, 'needs password'],
  ['only a consumer key', { consumerKey: 'key' }, 'consumerKey needs consumerSecret or privateKey'],
  ['only a consumer secret', { consumerSecret: 'secret:/a/b' }, 'consumerSecret needs consumerKey'],
  [
    'client credentials with the domain login',
    { ...oauth, salesforceDomain: 'login' },
    'own domain',
  ],
  [
    'client credentials with a token',
    { ...oauth, securityToken: 'secret:/a/c' },
    'excludes securityToken',
  ],
  ['client credentials with a user name', { ...oauth, username: 'u' }, 'username with consumerKey'],
  [
    'a private key without a user',
    { consumerKey: 'key', privateKey: 'secret:/a/b' },
    'privateKey needs username',
  ],
  ['a private key with a password', { ...jwt, password: 'secret:/a/c' }, 'excludes password'],
  [
    'half of mutual TLS',
    { ...connection, sslConfig: { sslCertificate: 'secret:/a/c' } },
    'must be given together',
  ],
  [
    'mutual TLS with the domain login',
    {
      ...connection,
      salesforceDomain: 'login',
      sslConfig: { sslCertificate: 'secret:/a/c', sslKey: 'secret:/a/d' },
    },
    'own domain',
  ],
  ['a fractional version', { ...connection, salesforceApiVersion: 64.5 }, 'salesforceApiVersion'],
  [
    'a version that is not a number',
    { ...connection, salesforceApiVersion: 'newest' },
    'salesforceApiVersion',
  ],
  [
    'an object with a space',
    { ...connection, sobjectNames: ['Account, Contact'] },
    'sobjectNames.0',
  ],
  [
    'an organization id of another kind',
    { ...connection, organizationId: '001000000000001' },
    'organizationId',
  ],
  [
    'options for another client',
    { ...connection, connectionArguments: { domain: 'x' } },
    'connectionArguments',
  ],
];

export const USABLE: readonly (readonly [string, Readonly<Record<string, unknown>>])[] = [
  ['SOAP', connection],
  [
    'SOAP with null fields',
    { ...connection, securityToken: null, sslConfig: null, sobjectNames: null },
  ],
  ['SOAP at login', { username: 'u', password: 'secret:/a/b', salesforceDomain: 'login' }],
  [
    'SOAP at the default domain',
    { username: 'u', password: 'secret:/a/b', securityToken: 'secret:/a/c' },
  ],
  ['SOAP with an organization', { ...connection, organizationId: '00D000000000062' }],
  ['client credentials', oauth],
  ['JWT bearer', jwt],
  [
    'user name and password by OAuth',
    { ...oauth, username: 'u', password: 'secret:/a/c', securityToken: 'secret:/a/d' },
  ],
  [
    'mutual TLS',
    {
      ...connection,
      sslConfig: { caCertificate: null, sslCertificate: 'secret:/a/c', sslKey: '/etc/key.pem' },
    },
  ],
  [
    'what OpenMetadata adds',
    {
      ...connection,
      type: 'Salesforce',
      salesforceApiVersion: '42.0',
      supportsMetadataExtraction: true,
      connectionOptions: {},
      sobjectNames: ['Account'],
      databaseName: 'crm',
    },
  ],
  ['a version without quotes', { ...connection, salesforceApiVersion: 60 }],
  ['a scratch org', { ...connection, salesforceDomain: 'Acme--uat.sandbox.my' }],
];

import { XMLParser } from 'fast-xml-parser';
import { idFor, sameId, toLongId } from '../org/ids.ts';
import type { Accounts } from './accounts.ts';
import type { Sessions } from './sessions.ts';

/** login() exists in API versions 31.0 to 64.0; older versions are retired. */
const OLDEST = 31;
const LAST_WITH_LOGIN = 64;
const NEWEST = 68;

export interface SoapContext {
  readonly accounts: Accounts;
  readonly sessions: Sessions;
  /** 15 characters. */
  readonly organizationId: string;
  readonly organizationName: string;
  readonly isSandbox: boolean;
}

export interface SoapCall {
  /** `u` for the partner API, `c` for the enterprise API. */
  readonly api: 'u' | 'c';
  /** As in the path: `59.0`. */
  readonly version: string;
  readonly body: string;
  readonly sourceAddress: string;
  /** `https://acme.my.salesforce.com`: the instance URL in the response. */
  readonly instance: string;
}

export interface SoapAnswer {
  readonly status: number;
  readonly xml: string;
}

/** An API fault: its code, and the text that follows the code. */
class Fault extends Error {
  readonly code: string;
  readonly type: string;

  constructor(code: string, message: string, type = 'LoginFault') {
    super(message);
    this.code = code;
    this.type = type;
  }
}

const unexpected = (code: string, message: string): Fault =>
  new Fault(code, message, 'UnexpectedErrorFault');

const parser = new XMLParser({
  removeNSPrefix: true,
  parseTagValue: false,
  ignoreAttributes: true,
  trimValues: false,
});

type Tree = Record<string, unknown>;

function branch(tree: unknown, ...path: string[]): unknown {
  return path.reduce<unknown>(
    (at, key) => (typeof at === 'object' && at !== null ? (at as Tree)[key] : undefined),
    tree,
  );
}

function leaf(tree: unknown, ...path: string[]): string {
  const found = branch(tree, ...path);
  return typeof found === 'string' ? found.trim() : '';
}

/** Serves login() and logout(); rejects other operations as unknown, as Salesforce does. */
export function soap(call: SoapCall, context: SoapContext): SoapAnswer {
  try {
    return { status: 200, xml: dispatch(call, context) };
  } catch (error) {
    if (error instanceof Fault) return { status: 500, xml: faultXml(error, call.api) };
    throw error;
  }
}

function dispatch(call: SoapCall, context: SoapContext): string {
  const version = Number(call.version);
  if (!(version >= OLDEST && version <= NEWEST))
    throw unexpected('UNSUPPORTED_API_VERSION', `Unsupported API version: ${call.version}`);
  const envelope = branch(parse(call.body), 'Envelope');
  const body = branch(envelope, 'Body');
  if (branch(body, 'login') !== undefined) return login(call, context, envelope);
  if (branch(body, 'logout') !== undefined) return logout(call, context, envelope);
  throw unexpected('UNKNOWN_EXCEPTION', 'No operation available for request');
}

function parse(body: string): unknown {
  try {
    return parser.parse(body);
  } catch {
    throw unexpected('UNKNOWN_EXCEPTION', 'The request is not well-formed XML');
  }
}

function login(call: SoapCall, context: SoapContext, envelope: unknown): string {
  if (Number(call.version) > LAST_WITH_LOGIN) {
    const text = `The SOAP Login operation is not available in the API version specified (${call.version}).`;
    throw unexpected(
      'INVALID_OPERATION',
      `${text} Refer to the documentation for supported versions.`,
    );
  }
  const organization = leaf(envelope, 'Header', 'LoginScopeHeader', 'organizationId');
  const username = leaf(envelope, 'Body', 'login', 'username');
  const password = branch(envelope, 'Body', 'login', 'password');
  const otherOrg = organization !== '' && !sameId(organization, context.organizationId);
  const verdict = otherOrg
    ? 'rejected'
    : context.accounts.check(
        username,
        typeof password === 'string' ? password : '',
        call.sourceAddress,
      );
  if (verdict === 'rejected') throw new Fault('INVALID_LOGIN', INVALID_LOGIN);
  if (verdict === 'needs-token')
    throw new Fault('LOGIN_MUST_USE_SECURITY_TOKEN', INVALID_LOGIN + NEW_LOCATION);
  return success(call, context);
}

const INVALID_LOGIN = 'Invalid username, password, security token; or user locked out.';
const NEW_LOCATION =
  ' Are you at a new location? When accessing Salesforce--either via a desktop client or the API--from outside of your company\u2019s trusted' +
  ' networks, you must add a security token to your password to log in.';

function logout(call: SoapCall, context: SoapContext, envelope: unknown): string {
  if (!context.sessions.close(leaf(envelope, 'Header', 'SessionHeader', 'sessionId'))) {
    throw unexpected(
      'sf:INVALID_SESSION_ID',
      'Invalid Session ID found in SessionHeader: Illegal Session. Session not found',
    );
  }
  return envelopeXml(call.api, '<logoutResponse/>');
}

function success(call: SoapCall, context: SoapContext): string {
  const { accounts, sessions } = context;
  const path = `${call.version}/${context.organizationId}`;
  const result = [
    tag('metadataServerUrl', `${call.instance}/services/Soap/m/${path}`),
    tag('passwordExpired', accounts.passwordExpired),
    tag('sandbox', context.isSandbox),
    tag('serverUrl', `${call.instance}/services/Soap/${call.api}/${path}`),
    tag('sessionId', sessions.open()),
    tag('userId', accounts.userId),
    `<userInfo>${userInfo(context)}</userInfo>`,
  ];
  return envelopeXml(
    call.api,
    `<loginResponse><result>${result.join('')}</result></loginResponse>`,
  );
}

function userInfo(context: SoapContext): string {
  const { username } = context.accounts.credentials;
  return [
    tag('accessibilityMode', false),
    tag('chatterExternal', false),
    tag('currencySymbol', '€'),
    tag('orgAttachmentFileSizeLimit', 26_214_400),
    tag('orgDefaultCurrencyIsoCode', 'EUR'),
    tag('orgDefaultCurrencyLocale', 'de_AT_EURO'),
    tag('orgDisallowHtmlAttachments', false),
    tag('orgHasPersonAccounts', false),
    tag('organizationId', toLongId(context.organizationId)),
    tag('organizationMultiCurrency', false),
    tag('organizationName', context.organizationName),
    tag('profileId', toLongId(idFor('00e', 'integration'))),
    '<roleId xsi:nil="true"/>',
    tag('sessionSecondsValid', context.sessions.timeoutSeconds),
    '<userDefaultCurrencyIsoCode xsi:nil="true"/>',
    tag('userEmail', username),
    tag('userFullName', 'Integration User'),
    tag('userId', context.accounts.userId),
    tag('userLanguage', 'en_US'),
    tag('userLocale', 'en_US'),
    tag('userName', username),
    tag('userTimeZone', 'Europe/Vienna'),
    tag('userType', 'Standard'),
    tag('userUiSkin', 'Theme3'),
  ].join('');
}

const NAMESPACE = {
  u: 'urn:partner.soap.sforce.com',
  c: 'urn:enterprise.soap.sforce.com',
} as const;
const XSI = 'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"';
const HEAD =
  '<?xml version="1.0" encoding="UTF-8"?><soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"';

function envelopeXml(api: 'u' | 'c', body: string): string {
  return `${HEAD} xmlns="${NAMESPACE[api]}" ${XSI}><soapenv:Body>${body}</soapenv:Body></soapenv:Envelope>`;
}

function faultXml(fault: Fault, api: 'u' | 'c'): string {
  const plain = fault.code.replace(/^sf:/, '');
  const space =
    api === 'u' ? 'urn:fault.partner.soap.sforce.com' : 'urn:fault.enterprise.soap.sforce.com';
  const parts = tag('sf:exceptionCode', plain) + tag('sf:exceptionMessage', fault.message);
  const detail = `<detail><sf:${fault.type} xsi:type="sf:${fault.type}">${parts}</sf:${fault.type}></detail>`;
  const body =
    tag('faultcode', fault.code) + tag('faultstring', `${plain}: ${fault.message}`) + detail;
  return `${HEAD} xmlns:sf="${space}" ${XSI}><soapenv:Body><soapenv:Fault>${body}</soapenv:Fault></soapenv:Body></soapenv:Envelope>`;
}

function tag(name: string, value: string | number | boolean): string {
  const text = String(value)
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;');
  return `<${name}>${text}</${name}>`;
}

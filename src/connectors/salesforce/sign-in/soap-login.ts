import { RunnerError } from '../errors/errors.ts';
import { escapeXml } from '../../../redaction/encodings.ts';
import { inconclusive } from './inconclusive.ts';
import { loginFault } from './soap-faults.ts';

/** The last API version with login(). Only this call uses it. */
export const SOAP_LOGIN_VERSION = '64.0';

export interface SoapLogin {
  readonly username: string;
  /** Followed by the security token, if there is one. */
  readonly password: string;
  readonly organizationId: string | undefined;
}

/** The request of login(). jsforce's own has no LoginScopeHeader. */
export function loginEnvelope({ username, password, organizationId }: SoapLogin): string {
  const scope =
    organizationId === undefined
      ? ''
      : `<u:LoginScopeHeader><u:organizationId>${escapeXml(organizationId)}</u:organizationId></u:LoginScopeHeader>`;
  return (
    '<?xml version="1.0" encoding="utf-8"?>' +
    '<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/" xmlns:u="urn:partner.soap.sforce.com">' +
    `<e:Header><u:CallOptions><u:client>hybrid-ingestion-runner</u:client></u:CallOptions>${scope}</e:Header>` +
    `<e:Body><u:login><u:username>${escapeXml(username)}</u:username><u:password>${escapeXml(password)}</u:password></u:login></e:Body></e:Envelope>`
  );
}

export interface SoapSession {
  readonly sessionId: string;
  readonly serverUrl: string;
  readonly organizationId: string;
}

/**
 * Statuses of login() itself: a session, or a fault. With any other, the body says nothing about
 * the credentials.
 */
const LOGIN_STATUSES: ReadonlySet<number> = new Set([200, 500]);

/**
 * Reads the response of login(). Throws the typed error of a fault. Any other response without a
 * session is retryable.
 */
export function readLoginResponse(status: number, text: string): SoapSession {
  if (!LOGIN_STATUSES.has(status)) throw inconclusive(status, 'login()');
  const fault = element(text, 'exceptionCode') ?? element(text, 'faultcode');
  if (fault !== undefined) throw loginFault(fault.replace(/^\w+:/, ''));
  const [sessionId, serverUrl, organizationId] = [
    element(text, 'sessionId'),
    element(text, 'serverUrl'),
    element(text, 'organizationId'),
  ];
  if (status !== 200 || !sessionId || !serverUrl || !organizationId)
    throw inconclusive(status, 'login()');
  if (element(text, 'passwordExpired') === 'true') {
    throw new RunnerError('SALESFORCE_LOGIN_FAILED', 'the password of the user has expired', {
      remedy: 'Set a new password in Salesforce, then store it with its new security token.',
    });
  }
  return { sessionId, serverUrl, organizationId: organizationId.slice(0, 15) };
}

/**
 * The text of the first element with this name and any prefix. The elements that are read here
 * contain no others.
 */
function element(text: string, name: string): string | undefined {
  const start = new RegExp(`<(?:\\w+:)?${name}>`).exec(text);
  if (start === null) return undefined;
  const from = start.index + start[0].length;
  const end = text.indexOf('<', from);
  return end === -1 || end - from > 4096 ? undefined : unescapeXml(text.slice(from, end).trim());
}

const ENTITIES: Readonly<Record<string, string>> = {
  amp: '&',
  lt: '<',
  gt: '>',
  quot: '"',
  apos: "'",
};

function unescapeXml(text: string): string {
  return text.replace(/&(amp|lt|gt|quot|apos);/g, (_, name: string) => ENTITIES[name]!);
}

import { RunnerError } from '../errors/errors.ts';
import { escapeXml } from '../../../redaction/encodings.ts';
import type { ErrorCode } from '../../../runtime/error-codes.ts';
import { noVerdict } from './no-verdict.ts';

/** The last API version that has login(). The call alone is made at it, whatever version the rest uses. */
export const SOAP_LOGIN_VERSION = '64.0';

export interface SoapLogin {
  readonly username: string;
  /** With the security token after it, where there is one. */
  readonly password: string;
  readonly organizationId: string | undefined;
}

/** The request of login(). jsforce's cannot carry a LoginScopeHeader, hence this one. */
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

/** Statuses of login()'s own answers: a session, or a fault. A body under any other is not its word on the credentials. */
const OWN: ReadonlySet<number> = new Set([200, 500]);

/** Reads the answer of login(). Throws the typed error of its fault; anything else that is no session is retryable. */
export function readLoginAnswer(status: number, text: string): SoapSession {
  if (!OWN.has(status)) throw noVerdict(status, 'login()');
  const fault = element(text, 'exceptionCode') ?? element(text, 'faultcode');
  if (fault !== undefined) throw loginFault(fault.replace(/^\w+:/, ''));
  const [sessionId, serverUrl, organizationId] = [
    element(text, 'sessionId'),
    element(text, 'serverUrl'),
    element(text, 'organizationId'),
  ];
  if (status !== 200 || !sessionId || !serverUrl || !organizationId)
    throw noVerdict(status, 'login()');
  if (element(text, 'passwordExpired') === 'true') {
    throw new RunnerError('SALESFORCE_LOGIN_FAILED', 'the password of the user has expired', {
      remedy: 'Set a new password in Salesforce, then store it with its new security token.',
    });
  }
  return { sessionId, serverUrl, organizationId: organizationId.slice(0, 15) };
}

const RETIRED_REMEDY = 'Use client credentials or JWT bearer: docs/salesforce.md shows the set-up.';

/** Faults that Salesforce finds with user name, password or token themselves. */
const OF_THE_CREDENTIALS: ReadonlySet<string> = new Set([
  'INVALID_LOGIN',
  'INVALID_OPERATION_WITH_EXPIRED_PASSWORD',
]);

const FAULTS: Readonly<Record<string, readonly [ErrorCode, string?]>> = {
  LOGIN_MUST_USE_SECURITY_TOKEN: [
    'SALESFORCE_LOGIN_DENIED',
    'Give securityToken, or add the address of this machine to the trusted ranges of the org and give organizationId.',
  ],
  INVALID_OPERATION: ['SALESFORCE_LOGIN_RETIRED', RETIRED_REMEDY],
  UNSUPPORTED_API_VERSION: ['SALESFORCE_LOGIN_RETIRED', RETIRED_REMEDY],
  INSUFFICIENT_ACCESS: [
    'SALESFORCE_LOGIN_RETIRED',
    'SOAP login is off for this org or user: give the permission Use Any API Auth, or use client credentials or JWT bearer.',
  ],
  API_DISABLED_FOR_ORG: ['SALESFORCE_API_DISABLED'],
  API_CURRENTLY_DISABLED: ['SALESFORCE_API_DISABLED'],
  LOGIN_DURING_RESTRICTED_DOMAIN: [
    'SALESFORCE_LOGIN_DENIED',
    'The login IP ranges of the user’s profile do not hold the address of this machine.',
  ],
  LOGIN_DURING_RESTRICTED_TIME: [
    'SALESFORCE_LOGIN_DENIED',
    'The login hours of the user’s profile do not allow this time.',
  ],
  LOGIN_CHALLENGE_ISSUED: [
    'SALESFORCE_LOGIN_DENIED',
    'Salesforce asks for a second factor. Use a user with API Only User, or client credentials or JWT bearer.',
  ],
  LOGIN_CHALLENGE_PENDING: [
    'SALESFORCE_LOGIN_DENIED',
    'Salesforce asks for a second factor. Use a user with API Only User, or client credentials or JWT bearer.',
  ],
  PASSWORD_LOCKOUT: [
    'SALESFORCE_LOGIN_DENIED',
    'The user is locked: unlock it in Setup, and correct what locked it.',
  ],
  MUTUAL_AUTHENTICATION_FAILED: [
    'SALESFORCE_LOGIN_DENIED',
    'The user must present a client certificate: give sslConfig.sslCertificate and sslConfig.sslKey, with the intermediate certificates, and upload the chain in Setup > Certificate and Key Management.',
  ],
  ORG_LOCKED: [
    'SALESFORCE_LOGIN_DENIED',
    'The org is locked; an administrator of it can tell why.',
  ],
  ORG_ADMIN_LOCKED: [
    'SALESFORCE_LOGIN_DENIED',
    'The org is locked; an administrator of it can tell why.',
  ],
  TRIAL_EXPIRED: ['SALESFORCE_LOGIN_DENIED', 'The trial of the org has ended.'],
  SSO_SERVICE_DOWN: ['SALESFORCE_BUSY'],
  SERVER_UNAVAILABLE: ['SALESFORCE_BUSY'],
  ORG_IN_MAINTENANCE: ['SALESFORCE_BUSY'],
  REQUEST_LIMIT_EXCEEDED: ['SALESFORCE_LIMIT_REACHED'],
  CLIENT_NOT_ACCESSIBLE_FOR_USER: ['SALESFORCE_LOGIN_DENIED', 'Permit the user for the app.'],
  CLIENT_REQUIRE_UPDATE_FOR_USER: [
    'SALESFORCE_LOGIN_DENIED',
    'The org wants a newer client; update the runner.',
  ],
};

function loginFault(fault: string): RunnerError {
  const said = /^\w{1,60}$/.test(fault) ? fault : 'an unknown fault';
  if (OF_THE_CREDENTIALS.has(fault))
    return new RunnerError('SALESFORCE_LOGIN_FAILED', `Salesforce refused login(): ${said}`);
  // A fault of the server (UNKNOWN_EXCEPTION) or of a kind that is new says nothing against the credentials.
  const [code, remedy] = Object.hasOwn(FAULTS, fault)
    ? FAULTS[fault]!
    : (['SALESFORCE_UNEXPECTED'] as const);
  return new RunnerError(code, `Salesforce refused login(): ${said}`, {
    ...(remedy === undefined ? {} : { remedy }),
    ...(code === 'SALESFORCE_UNEXPECTED' ? { retryable: true } : {}),
  });
}

/** The text of the first element of this name, whatever its prefix. The few elements read here hold no others. */
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

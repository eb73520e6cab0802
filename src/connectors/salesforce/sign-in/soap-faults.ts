import type { ErrorCode } from '../../../../foundation/src/runtime/error-codes.ts';
import { RunnerError } from '../errors/errors.ts';

const RETIRED_REMEDY =
  'Use client credentials or JWT bearer. See docs/salesforce.md for the setup.';

/** Faults about user name, password or token themselves. */
const ABOUT_CREDENTIALS: ReadonlySet<string> = new Set([
  'INVALID_LOGIN',
  'INVALID_OPERATION_WITH_EXPIRED_PASSWORD',
]);

const FAULTS: Readonly<Record<string, readonly [ErrorCode, string?]>> = {
  LOGIN_MUST_USE_SECURITY_TOKEN: [
    'SALESFORCE_LOGIN_DENIED',
    'Set securityToken; or add the address of this machine to the trusted ranges of the org and set organizationId.',
  ],
  INVALID_OPERATION: ['SALESFORCE_LOGIN_RETIRED', RETIRED_REMEDY],
  UNSUPPORTED_API_VERSION: ['SALESFORCE_LOGIN_RETIRED', RETIRED_REMEDY],
  INSUFFICIENT_ACCESS: [
    'SALESFORCE_LOGIN_RETIRED',
    'SOAP login is disabled for this org or user. Grant the permission Use Any API Auth, or use client credentials or JWT bearer.',
  ],
  API_DISABLED_FOR_ORG: ['SALESFORCE_API_DISABLED'],
  API_CURRENTLY_DISABLED: ['SALESFORCE_API_DISABLED'],
  LOGIN_DURING_RESTRICTED_DOMAIN: [
    'SALESFORCE_LOGIN_DENIED',
    'Add the address of this machine to the login IP ranges of the user’s profile.',
  ],
  LOGIN_DURING_RESTRICTED_TIME: [
    'SALESFORCE_LOGIN_DENIED',
    'Check the login hours of the user’s profile: they do not allow this time.',
  ],
  LOGIN_CHALLENGE_ISSUED: [
    'SALESFORCE_LOGIN_DENIED',
    'Salesforce requires a second factor. Use a user with the permission API Only User, or client credentials or JWT bearer.',
  ],
  LOGIN_CHALLENGE_PENDING: [
    'SALESFORCE_LOGIN_DENIED',
    'Salesforce requires a second factor. Use a user with the permission API Only User, or client credentials or JWT bearer.',
  ],
  PASSWORD_LOCKOUT: [
    'SALESFORCE_LOGIN_DENIED',
    'Unlock the user in Setup, and correct the credentials that locked it.',
  ],
  MUTUAL_AUTHENTICATION_FAILED: [
    'SALESFORCE_LOGIN_DENIED',
    [
      'The user must present a client certificate. Set sslConfig.sslCertificate (with the',
      'intermediate certificates) and sslConfig.sslKey, and upload the chain in Setup >',
      'Certificate and Key Management.',
    ].join(' '),
  ],
  ORG_LOCKED: ['SALESFORCE_LOGIN_DENIED', 'Ask an administrator of the org: it is locked.'],
  ORG_ADMIN_LOCKED: ['SALESFORCE_LOGIN_DENIED', 'Ask an administrator of the org: it is locked.'],
  TRIAL_EXPIRED: ['SALESFORCE_LOGIN_DENIED', 'Use another org: the trial of this one has ended.'],
  SSO_SERVICE_DOWN: ['SALESFORCE_BUSY'],
  SERVER_UNAVAILABLE: ['SALESFORCE_BUSY'],
  ORG_IN_MAINTENANCE: ['SALESFORCE_BUSY'],
  REQUEST_LIMIT_EXCEEDED: ['SALESFORCE_LIMIT_REACHED'],
  CLIENT_NOT_ACCESSIBLE_FOR_USER: ['SALESFORCE_LOGIN_DENIED', 'Permit the user to use the app.'],
  CLIENT_REQUIRE_UPDATE_FOR_USER: [
    'SALESFORCE_LOGIN_DENIED',
    'Update the runner: the org requires a newer client.',
  ],
};

/** The typed error of a fault of login(). */
export function loginFault(fault: string): RunnerError {
  const name = /^\w{1,60}$/.test(fault) ? fault : 'unknown fault';
  if (ABOUT_CREDENTIALS.has(fault))
    return new RunnerError('SALESFORCE_LOGIN_FAILED', `Salesforce rejected login(): ${name}`);
  // A fault of the server (UNKNOWN_EXCEPTION) or an unknown one says nothing about the credentials.
  const [code, remedy] = Object.hasOwn(FAULTS, fault)
    ? FAULTS[fault]!
    : (['SALESFORCE_UNEXPECTED'] as const);
  return new RunnerError(code, `Salesforce rejected login(): ${name}`, {
    ...(remedy === undefined ? {} : { remedy }),
    ...(code === 'SALESFORCE_UNEXPECTED' ? { retryable: true } : {}),
  });
}

import { declareErrorCodes } from '../../../../foundation/src/runtime/error-codes.ts';
import { entry, refusal } from '../../../../foundation/src/runtime/error-codes/entry.ts';

/*
 * Errors of this connector. Its files import RunnerError from here, so that these codes are known
 * before one is used.
 */

export { RunnerError } from '../../../../foundation/src/runtime/errors.ts';

const CODES = {
  SALESFORCE_LOGIN_FAILED: refusal(
    'user',
    'Salesforce rejected the credentials.',
    'Check user name, password, security token and login history. The runner does not try the same secret again.',
  ),
  SALESFORCE_LOGIN_DENIED: entry(
    'user',
    'The org blocks logins of this user from this address or at this time, regardless of the password.',
    'Check the login history of the user in Setup, then change the setting of the org, the user or the app that denies the login.',
  ),
  SALESFORCE_LOGIN_RETIRED: entry(
    'user',
    'The org or the API version does not support SOAP login.',
    'Use client credentials or JWT bearer (docs/salesforce.md).',
  ),
  SALESFORCE_DOMAIN_INVALID: entry(
    'user',
    'salesforceDomain is not a valid domain prefix.',
    'Write `login`, `test`, `acme.my` or `acme--uat.sandbox.my`.',
  ),
  SALESFORCE_CONNECTION_INVALID: entry(
    'user',
    'The connection fields do not match exactly one way to sign in.',
    'Fill in the fields of one way to sign in (docs/salesforce.md).',
  ),
  SALESFORCE_VERSION_UNSUPPORTED: entry(
    'user',
    'The org does not support this API version.',
    'Leave salesforceApiVersion empty to use the newest version.',
  ),
  SALESFORCE_API_DISABLED: refusal(
    'user',
    'API access is disabled for this user or org.',
    'Give the user the API Enabled permission.',
  ),
  SALESFORCE_FORBIDDEN: refusal(
    'user',
    'The Salesforce user lacks a permission.',
    'Give the user the permissions listed in docs/salesforce.md.',
  ),
  SALESFORCE_LIMIT_REACHED: entry(
    'transient',
    'The API call allocation of the org is used up, or the reserve has been reached.',
    'Wait until calls leave the 24-hour window, or lower the reserve in the policy.',
  ),
  SALESFORCE_BUSY: entry(
    'transient',
    'Salesforce is overloaded or in maintenance.',
    'No action is needed. Calls are retried with growing pauses; see status.salesforce.com.',
  ),
  SALESFORCE_SESSION_EXPIRED: entry(
    'transient',
    'The Salesforce session expired, and a new sign-in did not help.',
    'Check the session policies of the user and the app.',
  ),
  SALESFORCE_NOT_FOUND: entry(
    'permanent',
    'The object does not exist in Salesforce, or is not visible to this user.',
    'Check the name and the permissions of the user.',
  ),
  SALESFORCE_UNEXPECTED: entry(
    'permanent',
    'Salesforce sent an unexpected response.',
    'Report it, with the error code and the status in the message.',
  ),
} as const;

type Codes = typeof CODES;

declare module '../../../../foundation/src/runtime/error-codes.ts' {
  // oxlint-disable-next-line typescript/no-empty-object-type -- merges the codes into ErrorCode
  interface ConnectorErrorCodes extends Codes {}
}

declareErrorCodes('salesforce', CODES);

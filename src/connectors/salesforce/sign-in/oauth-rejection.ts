import type { ErrorCode } from '../../../../foundation/src/runtime/error-codes.ts';
import { RunnerError } from '../errors/errors.ts';
import { inconclusive } from './inconclusive.ts';
import type { Grant } from './oauth.ts';

/**
 * Statuses with which Salesforce rejects a grant. With any other, the body says nothing about the
 * credentials.
 */
const REJECTING: ReadonlySet<number> = new Set([400, 401, 403]);

const REJECTIONS: Readonly<Record<string, readonly [ErrorCode, string?]>> = {
  invalid_client_id: [
    'SALESFORCE_LOGIN_DENIED',
    'Check consumerKey. A new app takes some minutes to become active.',
  ],
  invalid_client: ['SALESFORCE_LOGIN_FAILED', 'Check consumerSecret.'],
  invalid_client_credentials: ['SALESFORCE_LOGIN_FAILED', 'Check consumerSecret.'],
  invalid_app_access: [
    'SALESFORCE_LOGIN_DENIED',
    'Permit the user to use the app: Manage External Client Apps > Policies.',
  ],
  unauthorized_client: [
    'SALESFORCE_LOGIN_DENIED',
    'Enable the flow for the app, and permit the user to use the app.',
  ],
  unsupported_grant_type: ['SALESFORCE_LOGIN_DENIED', 'Enable the flow for the app and the org.'],
  invalid_request: [
    'SALESFORCE_LOGIN_DENIED',
    'Check the app’s OAuth settings and the user’s login history.',
  ],
  invalid_scope: ['SALESFORCE_LOGIN_DENIED', 'Give the app the scope api.'],
  inactive_user: ['SALESFORCE_LOGIN_DENIED', 'Activate the user.'],
  inactive_org: [
    'SALESFORCE_LOGIN_DENIED',
    'Ask an administrator of the org: it is closed or locked.',
  ],
};

const TRANSIENT: ReadonlySet<string> = new Set([
  'rate_limit_exceeded',
  'temporarily_unavailable',
  'server_error',
]);

/**
 * The typed error of a rejected token request. jsforce names its error after `error` of the
 * response. The description is only searched for known words and never repeated.
 */
export function tokenRejection(
  status: number,
  thrown: Error | undefined,
  grant: Grant,
): RunnerError {
  const name = /^[A-Za-z0-9_]{1,60}$/.exec(thrown?.name ?? '')?.[0] ?? 'unknown error';
  const verdict = REJECTING.has(status)
    ? rejectionOf(name, thrown?.message ?? '', grant)
    : undefined;
  if (verdict === undefined) return inconclusive(status, 'the token endpoint', TRANSIENT.has(name));
  const [code, remedy] = verdict;
  return new RunnerError(
    code,
    `Salesforce rejected ${grant.parameters.grant_type.split(':').at(-1)}: ${name}`,
    remedy === undefined ? {} : { remedy },
  );
}

function rejectionOf(
  name: string,
  description: string,
  grant: Grant,
): readonly [ErrorCode, string?] | undefined {
  if (name === 'invalid_grant') return grantRejection(description, grant);
  return Object.hasOwn(REJECTIONS, name) ? REJECTIONS[name] : undefined;
}

/** Rejections that a setting of the org or the connection solves, and another secret does not. */
const GRANT_DENIALS: readonly (readonly [RegExp, string])[] = [
  [
    /no client credentials user/i,
    'Name a run-as user in the client credentials policy of the app.',
  ],
  [
    /not supported on this domain/i,
    'Set salesforceDomain to the org’s own domain, for example acme.my.',
  ],
  [
    /hasn.t approved/i,
    'Pre-authorize the user for the app: admin-approved users, with a permission set.',
  ],
  [
    /audience/i,
    'Set salesforceDomain to the domain that the user belongs to: login, test or the org’s own.',
  ],
  [/expired authorization code/i, 'Correct the clock of this machine.'],
  [
    /\bip\b|login hours/i,
    'Check the login IP ranges and login hours of the user’s profile: they do not allow this address or time.',
  ],
  [/inactive/i, 'Activate the user. If the user is active, the org is closed or locked.'],
];

/** Descriptions with which Salesforce rejects the credentials themselves. */
const ABOUT_CREDENTIALS =
  /authentication failure|invalid (?:password|user(?:name)?(?: ?(?:or|and|\/) ?password)?|login)|expired password|password expired/i;

function grantRejection(description: string, { parameters }: Grant): readonly [ErrorCode, string] {
  const denial = GRANT_DENIALS.find(([text]) => text.test(description));
  if (denial !== undefined) return ['SALESFORCE_LOGIN_DENIED', denial[1]];
  if (/assertion/i.test(description))
    return [
      'SALESFORCE_LOGIN_FAILED',
      'Check that privateKey belongs to the certificate of the app and that the clock of this machine is correct.',
    ];
  const code = ABOUT_CREDENTIALS.test(description)
    ? 'SALESFORCE_LOGIN_FAILED'
    : 'SALESFORCE_LOGIN_DENIED';
  if (parameters.grant_type === 'password')
    return [
      code,
      'Check user name, password and token. Orgs created since Summer ’23 disable the username-password flow by default.',
    ];
  return [code, 'Check the app’s OAuth settings and the user’s login history.'];
}

import { RunnerError } from '../errors/errors.ts';
import { isSharedDomain } from './domain.ts';

/** How to sign in, without the secrets: those are read from their sources at each sign-in. */
export type SignInMethod =
  | {
      readonly kind: 'soap';
      readonly username: string;
      readonly withToken: boolean;
      readonly organizationId: string | undefined;
    }
  | {
      readonly kind: 'password';
      readonly username: string;
      readonly consumerKey: string;
      readonly withToken: boolean;
    }
  | { readonly kind: 'clientCredentials'; readonly consumerKey: string }
  | { readonly kind: 'jwt'; readonly username: string; readonly consumerKey: string };

/** The fields that decide. Of a secret field only whether it is set. */
export interface SignInFields {
  readonly username: string | undefined;
  readonly consumerKey: string | undefined;
  readonly organizationId: string | undefined;
  readonly password: boolean;
  readonly securityToken: boolean;
  readonly consumerSecret: boolean;
  readonly privateKey: boolean;
  readonly domain: string;
}

/**
 * Chooses by the fields that are set: a private key means JWT bearer; consumer key and secret mean
 * client credentials, or with user name and password the username-password flow; user name and
 * password alone mean SOAP login(). Throws SALESFORCE_CONNECTION_INVALID with the fields that are
 * missing or conflict.
 */
export function chooseSignIn(fields: SignInFields): SignInMethod {
  if (fields.privateKey) return jwt(fields);
  if (fields.consumerKey !== undefined || fields.consumerSecret) return oauth(fields);
  return soap(fields);
}

function jwt({
  username,
  consumerKey,
  password,
  securityToken,
  consumerSecret,
}: SignInFields): SignInMethod {
  rejectTogether('privateKey', { password, securityToken, consumerSecret });
  return {
    kind: 'jwt',
    username: needed(username, 'username', 'privateKey'),
    consumerKey: needed(consumerKey, 'consumerKey', 'privateKey'),
  };
}

function oauth({
  username,
  consumerKey,
  consumerSecret,
  password,
  securityToken,
  domain,
}: SignInFields): SignInMethod {
  const key = needed(consumerKey, 'consumerKey', 'consumerSecret');
  if (!consumerSecret) throw invalid('consumerKey requires consumerSecret or privateKey');
  if (username !== undefined || password) {
    if (!password)
      throw invalid(
        'username with consumerKey and consumerSecret requires password; remove username for client credentials',
      );
    return {
      kind: 'password',
      username: needed(username, 'username', 'password'),
      consumerKey: key,
      withToken: securityToken,
    };
  }
  rejectTogether('consumerSecret without password', { securityToken });
  if (isSharedDomain(domain)) {
    throw invalid(
      `client credentials (consumerKey and consumerSecret) require the org's own domain, but salesforceDomain is "${domain}"; use for example "acme.my"`,
    );
  }
  return { kind: 'clientCredentials', consumerKey: key };
}

function soap({ username, password, securityToken, organizationId }: SignInFields): SignInMethod {
  if (username === undefined && !password && !securityToken) {
    throw invalid(
      [
        'no credentials to sign in with; set username, password and securityToken (or',
        'organizationId), or consumerKey and consumerSecret, or consumerKey, username and',
        'privateKey',
      ].join(' '),
    );
  }
  if (!password)
    throw invalid(`${username === undefined ? 'securityToken' : 'username'} requires password`);
  return {
    kind: 'soap',
    username: needed(username, 'username', 'password'),
    withToken: securityToken,
    organizationId,
  };
}

function needed(value: string | undefined, field: string, dependent: string): string {
  if (value === undefined) throw invalid(`${dependent} requires ${field}`);
  return value;
}

function rejectTogether(field: string, others: Readonly<Record<string, boolean>>): void {
  const conflicting = Object.keys(others).filter((name) => others[name]);
  if (conflicting.length > 0)
    throw invalid(
      `${field} conflicts with ${conflicting.join(', ')}; set the fields of one sign-in method`,
    );
}

function invalid(message: string): RunnerError {
  return new RunnerError('SALESFORCE_CONNECTION_INVALID', message);
}

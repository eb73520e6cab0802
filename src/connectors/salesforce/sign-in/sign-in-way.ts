import { RunnerError } from '../errors/errors.ts';
import { isSharedDomain } from './domain.ts';

/** The ways to sign in, each with what of it is no secret. The secrets are read from their sources at each sign-in. */
export type SignInWay =
  | {
      readonly way: 'soap';
      readonly username: string;
      readonly withToken: boolean;
      readonly organizationId: string | undefined;
    }
  | {
      readonly way: 'password';
      readonly username: string;
      readonly consumerKey: string;
      readonly withToken: boolean;
    }
  | { readonly way: 'clientCredentials'; readonly consumerKey: string }
  | { readonly way: 'jwt'; readonly username: string; readonly consumerKey: string };

/** The fields that decide, as far as they are given; of secret ones only whether. */
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
 * Chooses by the fields given: a private key means JWT bearer; consumer key and secret mean client credentials, or with
 * user name and password the username-password flow; user name and password alone mean SOAP login(). Throws
 * SALESFORCE_CONNECTION_INVALID naming what is missing or contradicts.
 */
export function chooseSignIn(fields: SignInFields): SignInWay {
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
}: SignInFields): SignInWay {
  refuseBeside('privateKey', { password, securityToken, consumerSecret });
  return {
    way: 'jwt',
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
}: SignInFields): SignInWay {
  const key = needed(consumerKey, 'consumerKey', 'consumerSecret');
  if (!consumerSecret) throw invalid('consumerKey needs consumerSecret or privateKey beside it');
  if (username !== undefined || password) {
    if (!password)
      throw invalid(
        'username with consumerKey and consumerSecret needs password; leave username out for client credentials',
      );
    return {
      way: 'password',
      username: needed(username, 'username', 'password'),
      consumerKey: key,
      withToken: securityToken,
    };
  }
  refuseBeside('consumerSecret without password', { securityToken });
  if (isSharedDomain(domain)) {
    throw invalid(
      `client credentials (consumerKey and consumerSecret) need the org's own domain, but salesforceDomain is "${domain}"; write for example "acme.my"`,
    );
  }
  return { way: 'clientCredentials', consumerKey: key };
}

function soap({ username, password, securityToken, organizationId }: SignInFields): SignInWay {
  if (username === undefined && !password && !securityToken) {
    throw invalid(
      'there is nothing to sign in with: give username, password and securityToken (or organizationId), or consumerKey and consumerSecret, or consumerKey, username and privateKey',
    );
  }
  if (!password)
    throw invalid(
      `${username === undefined ? 'securityToken' : 'username'} needs password beside it`,
    );
  return {
    way: 'soap',
    username: needed(username, 'username', 'password'),
    withToken: securityToken,
    organizationId,
  };
}

function needed(value: string | undefined, field: string, beside: string): string {
  if (value === undefined) throw invalid(`${beside} needs ${field} beside it`);
  return value;
}

function refuseBeside(field: string, others: Readonly<Record<string, boolean>>): void {
  const given = Object.keys(others).filter((name) => others[name]);
  if (given.length > 0)
    throw invalid(
      `${field} and ${given.join(', ')} contradict each other: give the fields of one way to sign in`,
    );
}

function invalid(message: string): RunnerError {
  return new RunnerError('SALESFORCE_CONNECTION_INVALID', message);
}

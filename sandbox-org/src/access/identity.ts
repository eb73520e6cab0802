import { toLongId } from '../org/ids.ts';
import type { Accounts } from './accounts.ts';

export interface Person {
  readonly accounts: Accounts;
  /** 15 characters. */
  readonly organizationId: string;
  /** `https://acme.my.salesforce.com`. */
  readonly origin: string;
}

function urlsOf({ origin, organizationId }: Person): Record<string, string> {
  const rest = `${origin}/services/data/v{version}/`;
  const soap = (api: string): string =>
    `${origin}/services/Soap/${api}/{version}/${organizationId}`;
  return {
    enterprise: soap('c'),
    metadata: soap('m'),
    partner: soap('u'),
    rest,
    sobjects: `${rest}sobjects/`,
    search: `${rest}search/`,
    query: `${rest}query/`,
    recent: `${rest}recent/`,
    tooling_soap: soap('T'),
    tooling_rest: `${rest}tooling/`,
    custom_domain: origin,
  };
}

/** The response of the identity URL. */
export function identity(person: Person): Record<string, unknown> {
  const { username } = person.accounts.credentials;
  const organization = toLongId(person.organizationId);
  return {
    id: `https://login.salesforce.com/id/${organization}/${person.accounts.userId}`,
    asserted_user: true,
    user_id: person.accounts.userId,
    organization_id: organization,
    username,
    nick_name: 'integration',
    display_name: 'Integration User',
    email: username,
    email_verified: true,
    first_name: 'Integration',
    last_name: 'User',
    timezone: 'Europe/Vienna',
    addr_country: 'AT',
    mobile_phone: null,
    mobile_phone_verified: false,
    is_lightning_login_user: false,
    status: { created_date: null, body: null },
    urls: urlsOf(person),
    active: true,
    user_type: 'STANDARD',
    language: 'en_US',
    locale: 'en_US',
    utcOffset: 3_600_000,
    is_app_installed: true,
  };
}

/** The response of `/services/oauth2/userinfo`, with the claim names of OpenID Connect. */
export function userInfo(person: Person): Record<string, unknown> {
  const known = identity(person);
  return {
    sub: known['id'],
    user_id: known['user_id'],
    organization_id: known['organization_id'],
    preferred_username: known['username'],
    nickname: known['nick_name'],
    name: known['display_name'],
    email: known['email'],
    email_verified: true,
    given_name: known['first_name'],
    family_name: known['last_name'],
    zoneinfo: known['timezone'],
    active: true,
    user_type: 'STANDARD',
    language: 'en_US',
    locale: 'en_US',
    utcOffset: 3_600_000,
    urls: urlsOf(person),
  };
}

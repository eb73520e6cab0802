import type { Account } from '../../../../foundation/src/domain/account.ts';
import type { Connection } from './connection.ts';
import { audienceOf } from './grants.ts';
import { organizationSpellings } from './organization-id.ts';

/** Whom the connection names; with client credentials, the org itself chooses the user. */
export function accountOf({ signIn, domain, organizationId }: Connection): Account {
  return {
    user: 'username' in signIn ? signIn.username : undefined,
    client: 'consumerKey' in signIn ? signIn.consumerKey : undefined,
    audience: signIn.kind === 'jwt' ? audienceOf(domain) : undefined,
    organization: organizationId === undefined ? undefined : organizationSpellings(organizationId),
  };
}

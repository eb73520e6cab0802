import type { SalesforceConnection } from './salesforce-connection.ts';

/**
 * The missing or contradictory fields of a sign-in; undefined when a runner can sign in. A private
 * key selects JWT bearer; consumer key and secret select client credentials, or with user name and
 * password the username-password flow; user name and password alone select SOAP login().
 */
export function signInProblem(connection: SalesforceConnection): string | undefined {
  const { salesforceDomain: domain = 'login', sslConfig } = connection;
  const shared = ['login', 'test'].includes(domain.toLowerCase());
  const [certificate, key] = [isSet(sslConfig?.sslCertificate), isSet(sslConfig?.sslKey)];
  if (certificate !== key)
    return 'sslConfig.sslCertificate and sslConfig.sslKey must be given together';
  if (certificate && shared)
    return `sslConfig.sslCertificate needs the org’s own domain in salesforceDomain, such as "acme.my", not "${domain}"`;
  if (isSet(connection.privateKey)) return jwtProblem(connection);
  return isSet(connection.consumerKey) || isSet(connection.consumerSecret)
    ? oauthProblem(connection, shared)
    : soapProblem(connection);
}

function jwtProblem(connection: SalesforceConnection): string | undefined {
  return (
    missing(connection, 'privateKey', ['username', 'consumerKey']) ??
    contradicting(connection, 'privateKey', ['password', 'securityToken', 'consumerSecret'])
  );
}

function oauthProblem(connection: SalesforceConnection, shared: boolean): string | undefined {
  if (!isSet(connection.consumerKey)) return 'consumerSecret needs consumerKey';
  if (!isSet(connection.consumerSecret)) return 'consumerKey needs consumerSecret or privateKey';
  if (isSet(connection.password)) return missing(connection, 'password', ['username']);
  if (isSet(connection.username))
    return 'username with consumerKey and consumerSecret needs password; omit username for client credentials';
  if (shared)
    return 'client credentials (consumerKey and consumerSecret) need the org’s own domain in salesforceDomain, such as "acme.my"';
  return contradicting(connection, 'consumerSecret without password', ['securityToken']);
}

function soapProblem(connection: SalesforceConnection): string | undefined {
  const fields = ['username', 'password', 'securityToken'] as const;
  if (!fields.some((field) => isSet(connection[field]))) {
    return [
      'no sign-in fields; enter username, password and securityToken (or organizationId), or',
      'consumerKey and consumerSecret, or consumerKey, username and privateKey',
    ].join(' ');
  }
  return missing(connection, isSet(connection.username) ? 'username' : 'the sign-in', [
    'password',
    'username',
  ]);
}

type Field = 'username' | 'password' | 'securityToken' | 'consumerKey' | 'consumerSecret';

function missing(
  connection: SalesforceConnection,
  of: string,
  fields: readonly Field[],
): string | undefined {
  const absent = fields.find((field) => !isSet(connection[field]));
  return absent === undefined ? undefined : `${of} needs ${absent}`;
}

function contradicting(
  connection: SalesforceConnection,
  field: string,
  others: readonly Field[],
): string | undefined {
  const conflicting = others.filter((other) => isSet(connection[other]));
  return conflicting.length === 0
    ? undefined
    : `${field} excludes ${conflicting.join(', ')}; enter the fields of one sign-in method only`;
}

function isSet(value: string | null | undefined): boolean {
  return value !== null && value !== undefined;
}

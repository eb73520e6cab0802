import type { SalesforceConnection } from './salesforce-connection.ts';

/**
 * What is missing or contradicts among the fields of a sign-in; undefined when a runner can sign in with them. A private key
 * means JWT bearer; consumer key and secret mean client credentials, or with user name and password the username-password
 * flow; user name and password alone mean SOAP login().
 */
export function signInProblem(connection: SalesforceConnection): string | undefined {
  const { salesforceDomain: domain = 'login', sslConfig } = connection;
  const shared = ['login', 'test'].includes(domain.toLowerCase());
  const [certificate, key] = [isGiven(sslConfig?.sslCertificate), isGiven(sslConfig?.sslKey)];
  if (certificate !== key) return 'sslConfig.sslCertificate and sslConfig.sslKey need each other';
  if (certificate && shared)
    return `sslConfig.sslCertificate needs the org’s own domain in salesforceDomain, such as "acme.my", not "${domain}"`;
  if (isGiven(connection.privateKey)) return jwtProblem(connection);
  return isGiven(connection.consumerKey) || isGiven(connection.consumerSecret)
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
  if (!isGiven(connection.consumerKey)) return 'consumerSecret needs consumerKey';
  if (!isGiven(connection.consumerSecret)) return 'consumerKey needs consumerSecret or privateKey';
  if (isGiven(connection.password)) return missing(connection, 'password', ['username']);
  if (isGiven(connection.username))
    return 'username with consumerKey and consumerSecret needs password; leave username out for client credentials';
  if (shared)
    return 'client credentials (consumerKey and consumerSecret) need the org’s own domain in salesforceDomain, such as "acme.my"';
  return contradicting(connection, 'consumerSecret without password', ['securityToken']);
}

function soapProblem(connection: SalesforceConnection): string | undefined {
  const fields = ['username', 'password', 'securityToken'] as const;
  if (!fields.some((field) => isGiven(connection[field]))) {
    return 'nothing to sign in with; give username, password and securityToken (or organizationId), or consumerKey and consumerSecret, or consumerKey, username and privateKey';
  }
  return missing(connection, isGiven(connection.username) ? 'username' : 'the sign-in', [
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
  const absent = fields.find((field) => !isGiven(connection[field]));
  return absent === undefined ? undefined : `${of} needs ${absent}`;
}

function contradicting(
  connection: SalesforceConnection,
  field: string,
  others: readonly Field[],
): string | undefined {
  const given = others.filter((other) => isGiven(connection[other]));
  return given.length === 0
    ? undefined
    : `${field} excludes ${given.join(', ')}; give the fields of one way to sign in`;
}

function isGiven(value: string | null | undefined): boolean {
  return value !== null && value !== undefined;
}

import type { z } from 'zod';
import type { Endpoint } from '../../../../foundation/src/network/endpoint.ts';
import { RunnerError } from '../errors/errors.ts';
import { connectionSchema, type RawConnection } from './connection-schema.ts';
import { domainHost, isSharedDomain, parseDomain } from './domain.ts';
import { parseOrganizationId } from './organization-id.ts';
import { chooseSignIn, type SignInMethod } from './sign-in-method.ts';

/** A parsed connection: complete, and without secrets. */
export interface Connection {
  readonly domain: string;
  /** The host to sign in at. The API is called at the same port. */
  readonly endpoint: Endpoint;
  readonly signIn: SignInMethod;
  /** The org to expect, as 15 characters. */
  readonly organizationId: string | undefined;
  /** `64.0`; undefined for the newest that the org offers. */
  readonly apiVersion: string | undefined;
  readonly databaseName: string;
  /** The objects to extract; undefined for all. */
  readonly objectNames: readonly string[] | undefined;
  /** The place of each of `objectNames` in the connection: `sobjectNames[2]`. */
  readonly objectPlaces: readonly string[];
  /** Which fields of `sslConfig` are set. */
  readonly tls: { readonly ca: boolean; readonly clientCertificate: boolean };
  /** Fields that are set and have no effect. */
  readonly ignored: readonly string[];
}

/** An org checks client certificates only on this port. */
const MUTUAL_TLS_PORT = 8443;

/**
 * Throws SALESFORCE_CONNECTION_INVALID with all formal problems, or SALESFORCE_DOMAIN_INVALID.
 * Messages never repeat values.
 */
export function parseConnection(document: Readonly<Record<string, unknown>>): Connection {
  const parsed = connectionSchema.safeParse(document);
  if (!parsed.success)
    throw new RunnerError(
      'SALESFORCE_CONNECTION_INVALID',
      `invalid Salesforce connection: ${problems(parsed.error)}`,
      { cause: parsed.error },
    );
  return compile(parsed.data);
}

function compile(raw: RawConnection): Connection {
  const domain = parseDomain(textOf(raw.salesforceDomain) ?? 'login');
  const id = textOf(raw.organizationId);
  const organizationId = id === undefined ? undefined : parseOrganizationId(id);
  rejectExtras(raw);
  const tls = compileTls(raw.sslConfig);
  if (tls.clientCertificate && isSharedDomain(domain))
    throw new RunnerError(
      'SALESFORCE_CONNECTION_INVALID',
      `sslConfig.sslCertificate requires the org's own domain, but salesforceDomain is "${domain}"; use for example "acme.my"`,
    );
  return {
    domain,
    endpoint: { host: domainHost(domain), port: tls.clientCertificate ? MUTUAL_TLS_PORT : 443 },
    signIn: signInOf(raw, domain, organizationId),
    organizationId,
    apiVersion: versionOf(textOf(raw.salesforceApiVersion)),
    databaseName: textOf(raw.databaseName) ?? 'default',
    ...namedObjects(raw),
    tls,
    ignored: ignoredFields(raw),
  };
}

function signInOf(
  raw: RawConnection,
  domain: string,
  organizationId: string | undefined,
): SignInMethod {
  return chooseSignIn({
    domain,
    organizationId,
    username: textOf(raw.username),
    consumerKey: textOf(raw.consumerKey),
    password: textOf(raw.password) !== undefined,
    securityToken: textOf(raw.securityToken) !== undefined,
    consumerSecret: textOf(raw.consumerSecret) !== undefined,
    privateKey: textOf(raw.privateKey) !== undefined,
  });
}

function compileTls(ssl: RawConnection['sslConfig']): Connection['tls'] {
  const certificate = textOf(ssl?.sslCertificate) !== undefined;
  if (certificate !== (textOf(ssl?.sslKey) !== undefined)) {
    throw new RunnerError(
      'SALESFORCE_CONNECTION_INVALID',
      'sslConfig.sslCertificate and sslConfig.sslKey must be set together',
    );
  }
  return { ca: textOf(ssl?.caCertificate) !== undefined, clientCertificate: certificate };
}

const REJECTED_REMEDIES: Readonly<Record<'connectionOptions' | 'connectionArguments', string>> = {
  connectionOptions:
    'Remove them: every supported setting of a Salesforce connection has its own field.',
  connectionArguments:
    'Remove them. Set a proxy in network.proxy of the runner, a private key in privateKey, a version in salesforceApiVersion.',
};

/**
 * OpenMetadata passes these to its client library, where they could name another host or another
 * session.
 */
function rejectExtras(raw: RawConnection): void {
  for (const field of ['connectionOptions', 'connectionArguments'] as const) {
    const names = Object.keys(raw[field] ?? {});
    if (names.length === 0) continue;
    const shown = names
      .slice(0, 10)
      .map((name) => JSON.stringify(name.slice(0, 50)))
      .join(', ');
    throw new RunnerError('SALESFORCE_CONNECTION_INVALID', `${field} is not supported: ${shown}`, {
      remedy: REJECTED_REMEDIES[field],
    });
  }
}

function ignoredFields(raw: RawConnection): string[] {
  const filters = (
    ['databaseFilterPattern', 'schemaFilterPattern', 'tableFilterPattern'] as const
  ).filter((name) => raw[name] !== undefined && raw[name] !== null);
  return filters.map((name) => `serviceConnection.config.${name}`);
}

/** Each name once, ignoring case: at its first place, in its last spelling. */
function namedObjects(raw: RawConnection): Pick<Connection, 'objectNames' | 'objectPlaces'> {
  const named = new Map<string, { readonly name: string; readonly place: string }>();
  const add = (name: string | undefined, place: string): void => {
    if (name !== undefined)
      named.set(name.toLowerCase(), { name, place: named.get(name.toLowerCase())?.place ?? place });
  };
  raw.sobjectNames?.forEach((name, index) => add(name, `sobjectNames[${index}]`));
  add(textOf(raw.sobjectName), 'sobjectName');
  const objects = [...named.values()];
  return {
    objectNames: objects.length === 0 ? undefined : objects.map(({ name }) => name),
    objectPlaces: objects.map(({ place }) => place),
  };
}

/**
 * The default of OpenMetadata's schema, which servers write into every connection without a
 * version. It counts as absent; `42` or `v42.0` request that version.
 */
const SERVER_DEFAULT = '42.0';

function versionOf(text: string | undefined): string | undefined {
  return text === undefined || text === SERVER_DEFAULT
    ? undefined
    : `${Number.parseInt(text.replace('v', ''), 10)}.0`;
}

function textOf(value: string | null | undefined): string | undefined {
  return value === null || value === undefined || value.trim() === '' ? undefined : value;
}

function problems(error: z.ZodError): string {
  return error.issues
    .slice(0, 20)
    .map((issue) => `${issue.path.join('.') || 'the document'} ${problem(issue)}`)
    .join('; ');
}

function problem(issue: z.core.$ZodIssue): string {
  if (issue.code === 'unrecognized_keys')
    return `has unknown fields: ${issue.keys.map((key) => JSON.stringify(key.slice(0, 50))).join(', ')}`;
  return issue.message;
}

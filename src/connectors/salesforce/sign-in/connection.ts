import { z } from 'zod';
import type { Endpoint } from '../../../network/endpoint.ts';
import { filterPatternSchema } from '../../../openmetadata/workflow.ts';
import { RunnerError } from '../errors/errors.ts';
import { domainHost, isSharedDomain, parseDomain } from './domain.ts';
import { parseOrganizationId } from './organization-id.ts';
import { chooseSignIn, type SignInWay } from './sign-in-way.ts';

/** Dotted paths of the fields that hold secrets: those that OpenMetadata marks as passwords, and `privateKey`. */
export const SECRET_FIELDS = [
  'password',
  'securityToken',
  'consumerSecret',
  'privateKey',
  'sslConfig.caCertificate',
  'sslConfig.sslCertificate',
  'sslConfig.sslKey',
] as const;

/** Certificates and keys are files by nature; these may be named by path. */
export const FILE_FIELDS = SECRET_FIELDS.filter((field) => field.startsWith('sslConfig.'));

/** YAML reads digits without quotes as a number, by which leading zeros and precision are gone. */
const string = z.string({
  error: ({ input }) =>
    typeof input === 'number' ? 'is a number here; write it in quotes' : undefined,
});
const text = string.max(4096).nullish();
const secretText = string.max(100_000).nullish();
const objectName = z.string().regex(/^[A-Za-z]\w{0,254}$/, 'is not the API name of an object');

/**
 * OpenMetadata's salesforceConnection.json, with `sobjectName` of its older versions and our `privateKey` for JWT bearer.
 * Forms write empty strings and nulls for what was not filled in, so both count as absent.
 */
const connectionSchema = z.strictObject({
  type: z.literal('Salesforce').nullish(),
  username: text,
  password: secretText,
  securityToken: secretText,
  consumerKey: text,
  consumerSecret: secretText,
  privateKey: secretText,
  organizationId: text,
  sobjectName: z.union([z.literal(''), objectName]).nullish(),
  sobjectNames: z.array(objectName).max(10_000).nullish(),
  databaseName: z
    .string()
    .max(256)
    .regex(/^(?:(?!::).)*$/, 'holds "::" or spans lines')
    .nullish(),
  salesforceApiVersion: z
    .union(
      [
        z.literal(''),
        z.string().regex(/^v?\d{1,3}(?:\.0)?$/),
        z
          .int()
          .min(1)
          .max(999)
          .transform((version) => `${version}.0`),
      ],
      'is not an API version such as "64.0"',
    )
    .nullish(),
  salesforceDomain: text,
  sslConfig: z
    .strictObject({ caCertificate: secretText, sslCertificate: secretText, sslKey: secretText })
    .nullish(),
  connectionOptions: z.record(z.string(), z.unknown()).nullish(),
  connectionArguments: z.record(z.string(), z.unknown()).nullish(),
  schemaFilterPattern: filterPatternSchema.nullish(),
  tableFilterPattern: filterPatternSchema.nullish(),
  databaseFilterPattern: filterPatternSchema.nullish(),
  supportsMetadataExtraction: z.boolean().nullish(),
});
type RawConnection = z.infer<typeof connectionSchema>;

/** A connection that has been understood: complete, and without any secret. */
export interface Connection {
  readonly domain: string;
  /** Where to sign in; the API is called at the same port. */
  readonly endpoint: Endpoint;
  readonly signIn: SignInWay;
  /** The org that must answer, as 15 characters. */
  readonly organizationId: string | undefined;
  /** `64.0`; undefined for the newest the org offers. */
  readonly apiVersion: string | undefined;
  readonly databaseName: string;
  /** The objects to extract; undefined for all. */
  readonly objectNames: readonly string[] | undefined;
  /** Where in the connection each of `objectNames` stands: `sobjectNames[2]`. */
  readonly objectPlaces: readonly string[];
  /** Which fields of `sslConfig` are given. */
  readonly tls: { readonly ca: boolean; readonly clientCertificate: boolean };
  /** Fields that were given and have no effect. */
  readonly ignored: readonly string[];
}

/** An org checks client certificates on this port alone. */
const MUTUAL_TLS_PORT = 8443;

/** Throws SALESFORCE_CONNECTION_INVALID with all problems of form, or SALESFORCE_DOMAIN_INVALID. Values are never repeated. */
export function parseConnection(document: Readonly<Record<string, unknown>>): Connection {
  const parsed = connectionSchema.safeParse(document);
  if (!parsed.success)
    throw new RunnerError(
      'SALESFORCE_CONNECTION_INVALID',
      `the Salesforce connection has problems: ${problems(parsed.error)}`,
      { cause: parsed.error },
    );
  return compile(parsed.data);
}

function compile(raw: RawConnection): Connection {
  const domain = parseDomain(given(raw.salesforceDomain) ?? 'login');
  const organizationId =
    given(raw.organizationId) === undefined
      ? undefined
      : parseOrganizationId(given(raw.organizationId)!);
  refuseExtras(raw);
  const tls = compileTls(raw.sslConfig);
  if (tls.clientCertificate && isSharedDomain(domain)) {
    throw new RunnerError(
      'SALESFORCE_CONNECTION_INVALID',
      `sslConfig.sslCertificate needs the org's own domain, but salesforceDomain is "${domain}"; write for example "acme.my"`,
    );
  }
  return {
    domain,
    endpoint: { host: domainHost(domain), port: tls.clientCertificate ? MUTUAL_TLS_PORT : 443 },
    signIn: chooseSignIn({
      domain,
      organizationId,
      username: given(raw.username),
      consumerKey: given(raw.consumerKey),
      password: given(raw.password) !== undefined,
      securityToken: given(raw.securityToken) !== undefined,
      consumerSecret: given(raw.consumerSecret) !== undefined,
      privateKey: given(raw.privateKey) !== undefined,
    }),
    organizationId,
    apiVersion: versionOf(given(raw.salesforceApiVersion)),
    databaseName: given(raw.databaseName) ?? 'default',
    ...namedObjects(raw),
    tls,
    ignored: ignoredFields(raw),
  };
}

function compileTls(ssl: RawConnection['sslConfig']): Connection['tls'] {
  const certificate = given(ssl?.sslCertificate) !== undefined;
  if (certificate !== (given(ssl?.sslKey) !== undefined)) {
    throw new RunnerError(
      'SALESFORCE_CONNECTION_INVALID',
      'sslConfig.sslCertificate and sslConfig.sslKey are only of use together',
    );
  }
  return { ca: given(ssl?.caCertificate) !== undefined, clientCertificate: certificate };
}

const REFUSED_REMEDIES: Readonly<Record<'connectionOptions' | 'connectionArguments', string>> = {
  connectionOptions:
    'Leave them out: what can be set of a Salesforce connection has a field of its own.',
  connectionArguments:
    'Leave them out. A proxy belongs in the runner’s network.proxy, a private key in the field privateKey, a version in salesforceApiVersion.',
};

/** OpenMetadata hands these to its client library: they could name another host or another session. */
function refuseExtras(raw: RawConnection): void {
  for (const field of ['connectionOptions', 'connectionArguments'] as const) {
    const names = Object.keys(raw[field] ?? {});
    if (names.length === 0) continue;
    const shown = names
      .slice(0, 10)
      .map((name) => JSON.stringify(name.slice(0, 50)))
      .join(', ');
    throw new RunnerError(
      'SALESFORCE_CONNECTION_INVALID',
      `${field} cannot be used here: ${shown}`,
      { remedy: REFUSED_REMEDIES[field] },
    );
  }
}

function ignoredFields(raw: RawConnection): string[] {
  const filters = (
    ['databaseFilterPattern', 'schemaFilterPattern', 'tableFilterPattern'] as const
  ).filter((name) => raw[name] !== undefined && raw[name] !== null);
  return filters.map((name) => `serviceConnection.config.${name}`);
}

/** Each name once, whatever its case: where it stands first, as it is written last. */
function namedObjects(raw: RawConnection): Pick<Connection, 'objectNames' | 'objectPlaces'> {
  const named = new Map<string, { readonly name: string; readonly place: string }>();
  const add = (name: string | undefined, place: string): void => {
    if (name !== undefined)
      named.set(name.toLowerCase(), { name, place: named.get(name.toLowerCase())?.place ?? place });
  };
  raw.sobjectNames?.forEach((name, index) => add(name, `sobjectNames[${index}]`));
  add(given(raw.sobjectName), 'sobjectName');
  const objects = [...named.values()];
  return {
    objectNames: objects.length === 0 ? undefined : objects.map(({ name }) => name),
    objectPlaces: objects.map(({ place }) => place),
  };
}

/**
 * What OpenMetadata's schema has as its default, and a server therefore writes into every connection that says nothing. Whoever
 * wants this version writes `42` or `v42.0`.
 */
const DEFAULT_OF_SERVERS = '42.0';

function versionOf(given: string | undefined): string | undefined {
  return given === undefined || given === DEFAULT_OF_SERVERS
    ? undefined
    : `${Number.parseInt(given.replace('v', ''), 10)}.0`;
}

function given(value: string | null | undefined): string | undefined {
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
    return `does not know ${issue.keys.map((key) => JSON.stringify(key.slice(0, 50))).join(', ')}`;
  return issue.message;
}

import { readFileSync } from 'node:fs';
import { X509Certificate } from 'node:crypto';
import { ControlPlaneError } from '../../runtime/errors.ts';
import { PROGRAM } from '../../runtime/program.ts';
import type { Endpoint, PoolRule } from '../deployed-pipelines.ts';
import type { Upstream } from './endpoints.ts';

export interface AddOptions {
  readonly name: string;
  readonly server: string;
  readonly pool?: string;
  readonly poolRule?: readonly string[];
  readonly ca?: string;
  readonly upstreamAirflow?: string;
  readonly upstreamUser?: string;
  readonly upstreamPasswordFile?: string;
  readonly allowPlainSecrets?: boolean;
  readonly profile?: boolean;
  readonly sampleRows?: boolean;
  readonly user?: string;
  readonly passwordFile?: string;
}

/** Absent options stay as they are; false takes away. */
export interface ChangeOptions {
  readonly server?: string;
  readonly pool?: string | false;
  readonly poolRule?: readonly string[] | false;
  readonly ca?: string | false;
  readonly upstreamAirflow?: string | false;
  readonly upstreamUser?: string;
  readonly upstreamPasswordFile?: string;
  readonly allowPlainSecrets?: boolean;
  readonly profile?: boolean;
  readonly sampleRows?: boolean;
}

const NAME = /^[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?$/;
const POOL = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;
const USER = /^[A-Za-z0-9._@-]{1,64}$/;
const MIN_PASSWORD = 16;
const RULE = /^(?<service>[^=]{1,128})=(?<pool>.+)$/;

/** Throws USAGE with the option to correct. */
export function endpointOf(options: AddOptions): Endpoint {
  if (!NAME.test(options.name))
    throw usage('--name must be 1 to 40 lower-case letters, digits and hyphens');
  return {
    name: options.name,
    server: serverUrl(options.server),
    ca: options.ca === undefined ? null : certificates(options.ca),
    pool: options.pool === undefined ? null : poolName('--pool', options.pool),
    poolRules: (options.poolRule ?? []).map(poolRule),
    allowPlainSecrets: options.allowPlainSecrets ?? false,
    profile: options.profile ?? false,
    sampleRows: options.sampleRows ?? false,
  };
}

/** The settings that the options change. Throws USAGE. */
export function changesOf(options: ChangeOptions): Partial<Endpoint> {
  const { server, pool, poolRule: rules, ca, allowPlainSecrets, profile, sampleRows } = options;
  return {
    ...(server === undefined ? {} : { server: serverUrl(server) }),
    ...(pool === undefined ? {} : { pool: pool === false ? null : poolName('--pool', pool) }),
    ...(rules === undefined ? {} : { poolRules: rules === false ? [] : rules.map(poolRule) }),
    ...(ca === undefined ? {} : { ca: ca === false ? null : certificates(ca) }),
    ...(allowPlainSecrets === undefined ? {} : { allowPlainSecrets }),
    ...(profile === undefined ? {} : { profile }),
    ...(sampleRows === undefined ? {} : { sampleRows }),
  };
}

/** undefined leaves the upstream as it is. Throws USAGE. */
export function upstreamChangeOf({
  upstreamAirflow,
  ...options
}: ChangeOptions): Upstream | null | undefined {
  if (upstreamAirflow === false) return null;
  const url = upstreamAirflow === undefined ? {} : { upstreamAirflow };
  return upstreamOf({ ...options, ...url }) ?? undefined;
}

/** Throws USAGE. */
export function upstreamOf(
  options: Pick<AddOptions, 'upstreamAirflow' | 'upstreamUser' | 'upstreamPasswordFile'>,
): Upstream | null {
  const { upstreamAirflow: url, upstreamUser: user, upstreamPasswordFile: file } = options;
  if (url === undefined && user === undefined && file === undefined) return null;
  if (url === undefined || user === undefined || file === undefined)
    throw usage(
      '--upstream-airflow, --upstream-user and --upstream-password-file must be given together',
    );
  return {
    url: cleanUrl('--upstream-airflow', url, ['https:', 'http:']),
    user,
    password: readText('--upstream-password-file', file).replace(/\r?\n$/, ''),
  };
}

/** Throws USAGE. */
export function userOf({ user }: AddOptions): string | undefined {
  if (user !== undefined && !USER.test(user))
    throw usage('--user must be 1 to 64 letters, digits and . _ @ -');
  return user;
}

/** The password in a file; undefined for one to be generated. Throws USAGE. */
export function passwordOf({
  passwordFile: file,
}: {
  readonly passwordFile?: string;
}): string | undefined {
  if (file === undefined) return undefined;
  const password = readText('--password-file', file).replace(/\r?\n$/, '');
  if (password.length < MIN_PASSWORD)
    throw usage(`--password-file must have at least ${MIN_PASSWORD} characters`);
  return password;
}

/** Traffic within the machine cannot be intercepted; elsewhere the bot token is sent encrypted. */
const LOOPBACK = /^http:\/\/(?:localhost|127\.0\.0\.1|\[::1\])(?::\d+)?(?:\/|$)/i;

/** The REST API of a server; a bare origin gets the /api that every server has. */
function serverUrl(text: string): string {
  const url = cleanUrl('--server', text, LOOPBACK.test(text) ? ['http:'] : ['https:']);
  return new URL(url).pathname === '/' ? `${url}/api` : url;
}

/** Without a trailing slash. */
function cleanUrl(option: string, text: string, protocols: readonly string[]): string {
  const url = URL.parse(text);
  if (
    url === null ||
    !protocols.includes(url.protocol) ||
    `${url.username}${url.password}${url.search}${url.hash}` !== ''
  )
    throw usage(
      `${option} must be ${protocols.map((name) => `${name}//`).join(' or ')}HOST[:PORT][/PATH] without user, query and fragment`,
    );
  return url.href.replace(/\/+$/, '');
}

function certificates(file: string): string {
  const pem = readText('--ca', file);
  try {
    // Parsed for its error: Node ignores what is not a certificate when it connects.
    void new X509Certificate(pem);
  } catch (thrown) {
    throw usage('--ca is not a certificate in PEM format', thrown);
  }
  return pem;
}

function poolRule(text: string): PoolRule {
  const { service, pool } = RULE.exec(text)?.groups ?? {};
  if (service === undefined || pool === undefined)
    throw usage('--pool-rule must be SERVICE=POOL, such as "sales*=eu"');
  return { service, pool: poolName('--pool-rule', pool) };
}

function poolName(option: string, pool: string): string {
  if (!POOL.test(pool)) throw usage(`${option}: ${JSON.stringify(pool)} is not the name of a pool`);
  return pool;
}

function readText(option: string, file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (thrown) {
    throw usage(`${option}: failed to read ${file}`, thrown);
  }
}

function usage(message: string, cause?: unknown): ControlPlaneError {
  return new ControlPlaneError('USAGE', message, {
    remedy: `See \`${PROGRAM} openmetadata add --help\`.`,
    cause,
  });
}

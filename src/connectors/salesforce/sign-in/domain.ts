import type { Endpoint } from '../../../../foundation/src/network/endpoint.ts';
import { RunnerError } from '../errors/errors.ts';

/** Hosts that serve the sign-in of all orgs of a kind. Client credentials do not work there. */
const SHARED_PREFIXES: ReadonlySet<string> = new Set(['login', 'test']);

const LABEL = '[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?';
/**
 * `acme.my`, `acme--uat.sandbox.my`, and the other partitions: `acme-dev-ed.develop.my`,
 * `acme.scratch.my`, ...
 */
const MY_DOMAIN = new RegExp(`^${LABEL}(?:\\.${LABEL})?\\.my$`);
const SUFFIX = '.salesforce.com';
/** Hosts of an org's other pages. */
const FOREIGN_SUFFIX = /\.(?:lightning\.force|my\.salesforce-setup|my\.site)\.com$/;
/** A My Domain without its `.my`: alone, or with its partition. */
const PARTITION = new RegExp(
  `^${LABEL}(?:\\.(?:sandbox|develop|scratch|demo|free|patch|trailblaze|wf))?$`,
);

/**
 * Reads `salesforceDomain`: the part before `.salesforce.com`, as in OpenMetadata. Returns it in
 * lower case. Throws SALESFORCE_DOMAIN_INVALID, with a suggestion if the text resembles a host of
 * Salesforce.
 */
export function parseDomain(text: string): string {
  const domain = text.toLowerCase();
  if (SHARED_PREFIXES.has(domain) || (MY_DOMAIN.test(domain) && domain.length < 200)) return domain;
  const suggestion = suggest(domain);
  const hint =
    suggestion === undefined
      ? `; use the part of the address before "${SUFFIX}", for example "acme.my"`
      : `; use ${JSON.stringify(suggestion)}`;
  throw new RunnerError(
    'SALESFORCE_DOMAIN_INVALID',
    `salesforceDomain ${JSON.stringify(text.slice(0, 100))} is not a domain prefix${hint}`,
  );
}

/**
 * Undefined for a host that is not Salesforce's: a foreign name with a suffix appended must not be
 * suggested.
 */
function suggest(text: string): string | undefined {
  const host = text
    .trim()
    .replace(/^[a-z]+:\/\//, '')
    .replace(/[/?#:].*$/, '')
    .replace(/\.$/, '');
  const bare = host.replace(FOREIGN_SUFFIX, '.my').replace(/\.salesforce\.com$/, '');
  const own = bare !== host || bare.endsWith('.my') || PARTITION.test(bare);
  const candidate = SHARED_PREFIXES.has(bare) || bare.endsWith('.my') ? bare : `${bare}.my`;
  return SHARED_PREFIXES.has(candidate) || (own && MY_DOMAIN.test(candidate))
    ? candidate
    : undefined;
}

export function domainHost(domain: string): string {
  return `${domain}${SUFFIX}`;
}

/** Whether the domain is `login` or `test` and not an org's own. */
export function isSharedDomain(domain: string): boolean {
  return SHARED_PREFIXES.has(domain);
}

/** Where an org signs in. */
export interface SignInAddress {
  readonly domain: string;
  readonly endpoint: Endpoint;
}

export function loginOrigin(endpoint: Endpoint): string {
  return originOf(endpoint.host, endpoint.port);
}

/**
 * The origin of the org, from the URL that a sign-in returned. The URL comes from outside and must
 * have: https, the port that was dialed, no user info, and the host of the requested My Domain.
 * After `login` or `test` it may be any host of Salesforce (the local policy still decides whether
 * it may be dialed). Throws SALESFORCE_UNEXPECTED.
 */
export function orgOrigin(returned: string, { domain, endpoint: { port } }: SignInAddress): string {
  const url = URL.parse(returned);
  const host = url?.hostname.replace(/-api(?=\.salesforce\.com$)/, '');
  const returnedPort = url === null || url.port === '' ? 443 : Number(url.port);
  if (
    host === undefined ||
    url?.protocol !== 'https:' ||
    url.username !== '' ||
    url.password !== '' ||
    !isHostOf(domain, host) ||
    ![443, port].includes(returnedPort)
  ) {
    throw new RunnerError(
      'SALESFORCE_UNEXPECTED',
      'the sign-in returned an address that does not belong to the org',
      {
        remedy:
          'Check for a proxy that alters responses. If the org has moved, correct salesforceDomain.',
      },
    );
  }
  return originOf(host, port);
}

function isHostOf(domain: string, host: string): boolean {
  return isSharedDomain(domain)
    ? host.endsWith(SUFFIX) && /^[a-z0-9.-]+$/.test(host)
    : host === domainHost(domain);
}

function originOf(host: string, port: number): string {
  return port === 443 ? `https://${host}` : `https://${host}:${port}`;
}

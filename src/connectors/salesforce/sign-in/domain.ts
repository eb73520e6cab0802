import { RunnerError } from '../errors/errors.ts';

/** Hosts that serve sign-in for every org of a kind. Client credentials do not work there. */
const SHARED_PREFIXES: ReadonlySet<string> = new Set(['login', 'test']);

const LABEL = '[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?';
/** `acme.my`, `acme--uat.sandbox.my`, and the other partitions: `acme-dev-ed.develop.my`, `acme.scratch.my`, ... */
const MY_DOMAIN = new RegExp(`^${LABEL}(?:\\.${LABEL})?\\.my$`);
const SUFFIX = '.salesforce.com';
/** Where an org shows pages of other kinds. */
const FOREIGN_SUFFIX = /\.(?:lightning\.force|my\.salesforce-setup|my\.site)\.com$/;
/** A My Domain without its `.my`: alone, or with the partition that it lies in. */
const PARTITION = new RegExp(
  `^${LABEL}(?:\\.(?:sandbox|develop|scratch|demo|free|patch|trailblaze|wf))?$`,
);

/**
 * Reads `salesforceDomain`: the part before `.salesforce.com`, as OpenMetadata has it. Returns it in lower case.
 * Throws SALESFORCE_DOMAIN_INVALID, with the spelling that was probably meant if the text has one of Salesforce's.
 */
export function parseDomain(text: string): string {
  const domain = text.toLowerCase();
  if (SHARED_PREFIXES.has(domain) || (MY_DOMAIN.test(domain) && domain.length < 200)) return domain;
  const meant = probablyMeant(domain);
  const hint =
    meant === undefined
      ? `, the part of an address like "acme.my${SUFFIX}" before "${SUFFIX}"`
      : `; write ${JSON.stringify(meant)}`;
  throw new RunnerError(
    'SALESFORCE_DOMAIN_INVALID',
    `salesforceDomain ${JSON.stringify(text.slice(0, 100))} is not a domain prefix${hint}`,
  );
}

/** Undefined for a host that is not Salesforce's: one may not be led to a stranger's name with a suffix on it. */
function probablyMeant(text: string): string | undefined {
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

/** Whether the domain is `login` or `test` rather than an org's own. */
export function isSharedDomain(domain: string): boolean {
  return SHARED_PREFIXES.has(domain);
}

/**
 * The origin of the org that a sign-in answered with. The URL comes from outside, so: https, the port that was dialled,
 * no user info, and the very host of the My Domain that was asked; after `login` or `test` any host of Salesforce
 * (the local policy still decides whether it may be dialled). Throws SALESFORCE_UNEXPECTED.
 */
export function orgOrigin(answered: string, domain: string, port: number): string {
  const url = URL.parse(answered);
  const host = url?.hostname.replace(/-api(?=\.salesforce\.com$)/, '');
  const expected = isSharedDomain(domain)
    ? host?.endsWith(SUFFIX) === true && /^[a-z0-9.-]+$/.test(host)
    : host === domainHost(domain);
  const answeredPort = url === null || url.port === '' ? 443 : Number(url.port);
  if (
    url?.protocol !== 'https:' ||
    url.username !== '' ||
    url.password !== '' ||
    !expected ||
    ![443, port].includes(answeredPort)
  ) {
    throw new RunnerError(
      'SALESFORCE_UNEXPECTED',
      'the sign-in answered with an address that is not the org’s',
      {
        remedy:
          'Check for a proxy that alters responses. If the org has moved, correct salesforceDomain.',
      },
    );
  }
  return port === 443 ? `https://${host}` : `https://${host}:${port}`;
}

import { generateKeyPairSync } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startSandbox, type Sandbox } from '../../../sandbox-org/src/sandbox.ts';
import { Place } from '../../cli/command-line.ts';
import { type Authority, createAuthority } from '../../support/certificates.ts';
import { ConnectProxy } from '../../support/connect-proxy.ts';
import { LocalRunner } from '../../support/local-runner.ts';
import { MOUNTED, readByPrograms, recordedTargets } from '../../support/mounted-program.ts';

const TIMEOUT = 300_000;
const VAULT = {
  privateKey: 'secret:/salesforce/private-key',
  consumerSecret: 'secret:/salesforce/consumer-secret',
  sslCertificate: 'secret:/salesforce/certificate',
  sslKey: 'secret:/salesforce/key',
};

let sandbox: Sandbox;
let authority: Authority;

beforeAll(async () => {
  authority = await createAuthority('Client CA');
  const trustedRanges = ['127.0.0.0/8'];
  sandbox = await startSandbox({ objects: 30, trustedRanges, clientCas: [authority.caPem] });
}, TIMEOUT);
afterAll(() => sandbox.close());

/** Connections by the sign-in of the job, which replaces that of the runner's usual job. */
function signIns(): ReadonlyMap<string, object> {
  const { username, consumerKey } = sandbox.credentials;
  const salesforceDomain = sandbox.myDomain;
  const { privateKey, consumerSecret, sslCertificate, sslKey } = VAULT;
  const password = { username, password: 'secret:/salesforce/password' };
  const withToken = { ...password, securityToken: 'secret:/salesforce/security-token' };
  return new Map<string, object>([
    ['user name and password', { ...withToken, salesforceDomain }],
    ['the same, with `organizationId`', { ...password, organizationId: sandbox.organizationId }],
    ['client credentials', { consumerKey, consumerSecret, salesforceDomain }],
    ['JWT bearer', { username, consumerKey, privateKey, salesforceDomain }],
    [
      'the first, with a client certificate',
      { ...withToken, salesforceDomain, sslConfig: { sslCertificate, sslKey } },
    ],
  ]);
}

async function installRunner(proxy: ConnectProxy): Promise<LocalRunner> {
  const runner = await LocalRunner.install(sandbox);
  const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  sandbox.registerCertificate(publicKey.export({ type: 'spki', format: 'pem' }).toString());
  const leaf = await authority.issue(['runner'], { client: true });
  await runner.store({
    [VAULT.privateKey]: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    [VAULT.consumerSecret]: sandbox.credentials.consumerSecret,
    [VAULT.sslCertificate]: leaf.certPem,
    [VAULT.sslKey]: leaf.keyPem,
  });
  const { place } = runner;
  const config = JSON.parse(readFileSync(place.config, 'utf8')) as { network: object };
  const network = { ...config.network, connectTo: [], proxy: `http://127.0.0.1:${proxy.port}` };
  place.file('runner.yaml', JSON.stringify({ ...config, network }));
  const own = `${sandbox.myDomain}.salesforce.com`;
  const rule = {
    ref: '/salesforce/*',
    connector: 'salesforce',
    fields: [
      'password',
      'securityToken',
      ...Object.keys(VAULT),
      'sslConfig.sslKey',
      'sslConfig.sslCertificate',
    ],
    hosts: [own, `${own}:8443`, 'login.salesforce.com'],
  };
  place.file('policy.yaml', JSON.stringify({ version: 1, secrets: [rule] }));
  return runner;
}

/** What the proxy was asked for, which must be what the audit trail has. */
async function connectionsOf(connection: object): Promise<readonly string[]> {
  const port = 'sslConfig' in connection ? sandbox.mutualPort! : sandbox.port;
  const proxy = await ConnectProxy.open({ target: { host: '127.0.0.1', port } });
  const runner = await installRunner(proxy);
  try {
    const workflow = runner.workflow() as { source: { serviceConnection: { config: object } } };
    workflow.source.serviceConnection.config = { type: 'Salesforce', ...connection };
    const { outcome, stderr } = await runner.ingest(workflow);
    expect(outcome, stderr).toMatchObject({ status: 'success' });
    const recorded = await recordedTargets(runner.place.stateDir);
    const requested = unique(proxy.requested);
    expect(unique(recorded)).toEqual(requested);
    return requested;
  } finally {
    runner.close();
    await proxy.close();
  }
}

function unique(targets: readonly string[]): readonly string[] {
  return [...new Set(targets)].sort();
}

function table(heading: string, rows: readonly (readonly [string, readonly string[]])[]): string {
  const lines = rows.map(
    ([name, targets]) =>
      `| ${name} | ${targets.map((each) => `\`${each}\``).join(', ') || 'none'} |`,
  );
  return [`| ${heading} | connections |`, '|---|---|', ...lines, ''].join('\n');
}

const INTRODUCTION = `# Where the runner connects to

Generated from recorded runs behind a proxy that notes what it is asked for; \`npm run docs:what-leaves\` makes it again, and a test
fails if a run asks for another connection. All of them are TLS. What travels on them to the control plane is in
[what-leaves.md](what-leaves.md). The names of this page are examples: \`acme.my\` is your *My Domain*, and servers of secret managers are
those of your configuration.

The service has one connection to the control plane, at the address that it was enrolled with. It connects to a syslog server, a
collector of traces and the address of the upgrade check only if they are set ([security review](security-review.md#network)).

## Runs

Each row is a run of \`ingest\` with another way to sign in to Salesforce. The [audit trail](audit.md) had the same connections.

`;
const MANAGERS = `
## Secret managers

Each row is one secret that was read, with the sign-in. The audit trail had the same connections. The metadata services of
clouds, at \`169.254.169.254:80\`, are asked only if \`credentials\` of a mount says so, and never through a proxy
([secrets.md](secrets.md#secret-managers)).

`;

it(
  'lists every connection of a run and of a secret manager',
  async () => {
    const runs: [string, readonly string[]][] = [];
    for (const [name, connection] of signIns()) runs.push([name, await connectionsOf(connection)]);
    const managers: [string, readonly string[]][] = [];
    for (const [name, stage] of Object.entries(MOUNTED)) {
      const place = new Place();
      const { requested, recorded } = await readByPrograms(place, stage, 1);
      place.close();
      expect(unique(recorded)).toEqual(unique(requested));
      managers.push([name, unique(requested)]);
    }
    const text = `${INTRODUCTION}${table('sign-in', runs)}${MANAGERS}${table('mount', managers)}`;
    await expect(text).toMatchFileSnapshot('../../../docs/egress.md');
  },
  TIMEOUT,
);

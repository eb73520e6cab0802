import { appendFileSync, cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createAuthority } from '../support/certificates.ts';
import { OpenMetadataRest } from '../support/openmetadata-server/rest.ts';
import {
  startOpenMetadataServer,
  type OpenMetadataServer,
} from '../support/openmetadata-server/server.ts';
import { Interface } from '../support/openmetadata-server/ui.ts';
import { Relay } from '../support/relay.ts';
import { PERSON, pristineRoot } from './debian-root.ts';
import { Machine, type Network } from './machine.ts';
import { obstacle } from './obstacle.ts';
import { documentedCommands } from './readme.ts';
import { ownVersion, pack } from './release.ts';
import { say } from './run.ts';

const NET = `29.${Math.floor(process.pid / 256) % 256}.${process.pid % 256}`;
const NETWORK: Network = { outside: [`${NET}.9`], inside: `${NET}.10`, prefixLength: 29 };
const DEB = `hybrid-control-plane_${ownVersion()}_amd64.deb`;
const STATE = '/var/lib/hybrid-control-plane';
const CA_FILE = '/etc/ssl/catalog.pem';
const CONNECTION = {
  type: 'Salesforce',
  username: 'catalog@acme.example',
  password: 'secret:/salesforce/prod/password',
  securityToken: 'secret:/salesforce/prod/security-token',
  salesforceDomain: 'acme.my',
};

let machine: Machine;
let scratch: string;
let server: OpenMetadataServer;
let relay: Relay;
let rest: OpenMetadataRest;
let ui: Interface;

/** The one command of the operator's page, with the addresses of this network, for the package. */
function addCommand(): string {
  const [command] = documentedCommands('docs/openmetadata.md', '2. Add an endpoint for the server');
  const program = 'sudo -u hybrid-control-plane hybrid-control-plane';
  return `${command!
    .replace('control-plane openmetadata', `${program} openmetadata`)
    .replace('https://catalog.acme.example/api', server.hostPort)
    .replace('./control-plane-data', STATE)} --ca ${CA_FILE}`;
}

/** As a person reads them off the terminal: `NAME=value` in lines of their own. */
function settingsIn(text: string): Readonly<Record<string, string>> {
  return Object.fromEntries(
    [...text.matchAll(/^ *(?<name>[A-Z_]+)=(?<value>\S+)$/gm)].map(({ groups }) => [
      groups!['name']!,
      groups!['value']!,
    ]),
  );
}

async function follow(command: string): Promise<string> {
  say(command);
  const { code, stdout, stderr } = await machine.asPerson(command);
  if (code !== 0) throw new Error(`${command} ended with ${code}:\n${stdout}${stderr}`);
  return stdout;
}

describe.skipIf(obstacle() !== undefined)('a control plane beside an OpenMetadata server', () => {
  beforeAll(async () => {
    scratch = mkdtempSync(join(tmpdir(), 'beside-'));
    const release = await pack(ownVersion(), 'deb', scratch, { product: 'hybrid-control-plane' });
    machine = await Machine.boot(await pristineRoot(), NETWORK);
    cpSync(join(release, DEB), join(machine.root, 'home', PERSON, DEB));
    const authority = await createAuthority();
    const host = NETWORK.outside[0]!;
    server = await startOpenMetadataServer(authority);
    appendFileSync(join(machine.root, 'etc/hosts'), `${host} ${server.host}\n`);
    relay = await Relay.open({ port: server.port, listen: { host, port: server.port } });
    server.tokens.add('token-of-the-ingestion-bot');
    server.people.set('token-of-the-administrator', 'admin');
    const local = `https://127.0.0.1:${server.port}/api`;
    rest = new OpenMetadataRest(local, 'token-of-the-administrator', authority.caPem);
    ui = new Interface(rest, 500);
    writeFileSync(join(machine.root, CA_FILE), authority.caPem, { mode: 0o644 });
  });
  afterAll(async () => {
    rest?.close();
    await relay?.close();
    await server?.close();
    await machine?.close();
    if (scratch !== undefined) rmSync(scratch, { recursive: true, force: true });
  });

  it('installs from the documents, and prints settings with which the server is healthy', async () => {
    for (const command of documentedCommands('packaging/README.md', 'The control plane').slice(
      0,
      2,
    ))
      await follow(command);
    await machine.waitFor('the first start', async () => {
      return (await machine.asRoot(`test -e ${STATE}/admin-token`)).code === 0;
    });
    const settings = settingsIn(await follow(addCommand()));
    expect(settings).toMatchObject({ PIPELINE_SERVICE_CLIENT_ENABLED: 'true' });
    server.usePipelineService({
      endpoint: `https://${NETWORK.inside}:7443`,
      username: settings['AIRFLOW_USERNAME']!,
      password: settings['AIRFLOW_PASSWORD']!,
      caPem: readFileSync(join(machine.root, STATE, 'tls/ca.pem'), 'utf8'),
    });
    expect(await ui.pipelineServiceStatus()).toMatchObject({ code: 200 });
  });

  it('answers the connection test, deploys, and forgets', async () => {
    const { result, steps } = await ui.testConnection(CONNECTION);
    expect(result).toBe('Failed');
    expect(JSON.stringify(steps)).toMatch(/no runner of pool default is connected/);
    const id = await ui.createService('crm', CONNECTION);
    const pipeline = await ui.createPipeline(id, 'crm-metadata', {}, '0 3 * * *');
    await ui.deploy(pipeline);
    const show = `sudo -u hybrid-control-plane hybrid-control-plane openmetadata show --name prod --data ${STATE}`;
    expect(await follow(show)).toContain('crm-metadata');
    await ui.deleteService(id);
    expect(await follow(show)).not.toContain('crm-metadata');
  });

  it('continues after a restart of the machine’s service', async () => {
    await machine.ask('systemctl restart hybrid-control-plane');
    await machine.waitFor('the server to find it again', async () => {
      return (await ui.pipelineServiceStatus())['code'] === 200;
    });
  });
});

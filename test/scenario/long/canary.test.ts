import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Run } from '../../../demo/control-plane-client.ts';
import { Processes } from '../../../demo/processes.ts';
import { at, CANARIES, doomed, ECHOED, permitCanaries } from '../../support/canaries.ts';
import { contentOf, filesUnder, found, processFiles } from '../../support/secret-search.ts';
import { runnerProgram, Stage } from '../../support/stage.ts';

const TIMEOUT = 300_000;

describe.runIf(process.platform === 'linux')('twenty secrets planted through a whole run', () => {
  let stage: Stage;
  let secrets: string[];
  const seen: string[] = [];
  let spooled = 0;
  let workerSeen = false;

  beforeAll(async () => {
    stage = await Stage.open({
      objects: 40,
      latencyMs: 20,
      controlPlaneArgs: ['--max-attempts', '1'],
    });
    secrets = [
      ...CANARIES,
      stage.sandbox.credentials.password,
      stage.sandbox.credentials.securityToken,
    ];
    permitCanaries(stage);
    const [first, ...more] = CANARIES;
    await Processes.run(
      [runnerProgram, 'secrets', 'set', 'secret:/canary/s0', '--config', stage.place.configFile],
      first,
    );
    await stage.store(
      Object.fromEntries(more.map((value, index) => [`secret:/canary/s${index + 1}`, value])),
    );
  }, TIMEOUT);

  afterAll(() => stage.close(), TIMEOUT);

  /** Looks at processes and spool until the work is done. */
  async function watched<T>(work: Promise<T>): Promise<T> {
    const over = new AbortController();
    void work.catch(() => undefined).finally(() => over.abort());
    while (!over.signal.aborted) {
      const processes = processFiles();
      workerSeen ||= processes.includes('dist/worker/main.js');
      seen.push(...found(processes, secrets));
      for (const path of filesUnder(stage.stateDir).filter((path) =>
        /\.seg$|attempt\.json$/.test(path),
      )) {
        const content = contentOf(path);
        spooled += content.length;
        seen.push(...found(content, secrets));
      }
      await delay(40);
    }
    return work;
  }

  async function failing(
    name: string,
    connection: Readonly<Record<string, unknown>>,
  ): Promise<readonly [string, string | undefined]> {
    await stage.client.call('PUT', `/api/v1/services/${name}`, {
      type: 'Salesforce',
      connection: { salesforceDomain: stage.sandbox.myDomain, ...connection },
    });
    await stage.client.call('PUT', `/api/v1/pipelines/${name}`, {
      service: name,
      loggerLevel: 'DEBUG',
    });
    const { id } = await stage.client.call<Run>('POST', `/api/v1/pipelines/${name}/runs`);
    const { state, error } = (await stage.ended(id)) as Run & {
      readonly error: { readonly code: string } | null;
    };
    return [name, state === 'failed' ? error?.code : state];
  }

  it(
    'leaves none in arguments, environments or the spool while sign-ins fail',
    async () => {
      await stage.startRunner();
      const { consumerKey } = stage.sandbox.credentials as typeof stage.sandbox.credentials & {
        readonly consumerKey: string;
      };
      const thrownBack = CANARIES[17]!.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
      await stage.admin('POST', '/faults', {
        match: { path: '/services/Soap/' },
        effect: {
          kind: 'respond',
          status: 500,
          body: `<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"><e:Body><e:Fault><faultcode>sf:${thrownBack}</faultcode><faultstring>not ${thrownBack}, please</faultstring></e:Fault></e:Body></e:Envelope>`,
        },
      });
      const echoed = await watched(failing('echoed', ECHOED));
      await stage.admin('DELETE', '/faults');
      const ended = await watched(
        Promise.all(
          Object.entries(doomed(consumerKey)).map(([name, connection]) =>
            failing(name, connection),
          ),
        ),
      );
      expect(Object.fromEntries([echoed, ...ended])).toEqual({
        soap: 'SALESFORCE_LOGIN_FAILED',
        'soap-by-range': 'SALESFORCE_LOGIN_FAILED',
        authority: 'INPUT_INVALID',
        echoed: 'SALESFORCE_UNEXPECTED',
        'password-flow': 'SALESFORCE_LOGIN_FAILED',
        'password-flow-by-range': 'SALESFORCE_LOGIN_FAILED',
        'client-credentials': 'SALESFORCE_LOGIN_FAILED',
        jwt: 'SALESFORCE_CONNECTION_INVALID',
        'client-certificate': 'INPUT_INVALID',
      });
      expect(seen).toEqual([]);
    },
    TIMEOUT,
  );

  it(
    'leaves none in arguments, environments or the spool while a run succeeds',
    async () => {
      const { password, securityToken } = stage.sandbox.credentials;
      await stage.admin('POST', '/org', {
        kind: 'addField',
        object: 'Account',
        field: {
          name: 'Leak__c',
          type: 'string',
          label: `pw ${password}`,
          description: `tok ${securityToken} ${encodeURIComponent(password)}`,
        },
      });
      expect(await watched(stage.startRun().then((id) => stage.ended(id)))).toMatchObject({
        state: 'success',
        integrity: 'ok',
      });
      expect(seen).toEqual([]);
      expect({ workerSeen, spooled: spooled > 0 }).toEqual({ workerSeen: true, spooled: true });
    },
    TIMEOUT,
  );

  it('delivers the planted text without the secrets', async () => {
    const table = JSON.stringify(
      await stage.client.call('GET', '/api/v1/tables/sandbox.default.salesforce.Account'),
    );
    expect(table).toContain('Leak__c');
    expect(table).toContain('[secret]');
  });

  it(
    'leaves none in the control plane’s store, the results, the logs or the state directory',
    async () => {
      writeFileSync(
        join(stage.place.directory, 'runner-output.log'),
        stage.runner.output + stage.controlPlaneProgram.output,
      );
      await stage.runner.end('SIGTERM');
      const leaks = filesUnder(stage.place.directory)
        .filter((path) => !path.startsWith(join(stage.place.directory, 'sandbox-org')))
        .flatMap((path) => found(contentOf(path), secrets).map((secret) => `${path}: ${secret}`));
      expect(leaks).toEqual([]);
    },
    TIMEOUT,
  );

  it('used each canary in a field of a job', () => {
    const bound = JSON.stringify([ECHOED, doomed('')]);
    expect(CANARIES.filter((_, index) => !bound.includes(`"${at(index)}"`))).toEqual([]);
  });

  it('would detect a leak', () => {
    expect(found(Buffer.from(`x${JSON.stringify(secrets[3])}x`), secrets)).toEqual([secrets[3]]);
    expect(found(Buffer.from(encodeURIComponent(secrets[7]!)), secrets)).toEqual([secrets[7]]);
  });
});

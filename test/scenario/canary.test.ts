import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Run } from '../../demo/control-plane-client.ts';
import { Processes } from '../../demo/processes.ts';
import { runnerProgram, Stage } from '../support/stage.ts';

const TIMEOUT = 300_000;

/** Values that need escaping somewhere, beside plain ones. */
const CANARIES = Array.from(
  { length: 18 },
  (_, index) =>
    `Cnry${index}-"<&>\\'%+/=é-${'xyzq'.repeat(1 + (index % 4))}-${(index * 7919).toString(36)}`,
);

const at = (index: number): string => `secret:/canary/s${index}`;
const user = (index: number) => ({ username: `nobody${index}@acme.example` });
/**
 * Each canary in a secret field of a service whose sign-in fails: in error texts and logs is where
 * secrets get out.
 */
const doomed = (
  consumerKey: string,
): Readonly<Record<string, Readonly<Record<string, unknown>>>> => ({
  soap: { ...user(0), password: at(0), securityToken: at(1) },
  'soap-by-range': { ...user(1), password: at(2), organizationId: '00DIB000004nDEq' },
  'password-flow': {
    ...user(2),
    consumerKey,
    consumerSecret: at(3),
    password: at(4),
    securityToken: at(5),
  },
  'password-flow-by-range': { ...user(3), consumerKey, consumerSecret: at(6), password: at(7) },
  'client-credentials': { consumerKey, consumerSecret: at(8) },
  jwt: { ...user(4), consumerKey, privateKey: at(9) },
  authority: {
    ...user(5),
    password: at(10),
    securityToken: at(11),
    sslConfig: { caCertificate: at(12) },
  },
  'client-certificate': {
    ...user(6),
    password: at(13),
    securityToken: at(14),
    sslConfig: { sslCertificate: at(15), sslKey: at(16) },
  },
});
/** The org throws this one back in the text of its refusal. */
const ECHOED = { ...user(7), password: at(17), organizationId: '00DIB000004nDEq' };

/** The forms a value takes in JSON, URLs, XML and base64, in which it must not turn up either. */
function forms(value: string): string[] {
  const json = JSON.stringify(value).slice(1, -1);
  const base64 = Buffer.from(value).toString('base64').replace(/=+$/, '').slice(0, -2);
  return [
    value,
    json,
    JSON.stringify(json).slice(1, -1),
    encodeURIComponent(value),
    base64,
    Buffer.from(value).toString('hex'),
  ];
}

/**
 * What stands under a directory now; a program at work may take files and directories away at any
 * moment.
 */
function filesUnder(directory: string): string[] {
  return (ifThere(() => readdirSync(directory, { withFileTypes: true })) ?? []).flatMap((entry) => {
    const path = join(directory, entry.name);
    return entry.isDirectory() ? filesUnder(path) : entry.isFile() ? [path] : [];
  });
}

function contentOf(path: string): Buffer {
  return ifThere(() => readFileSync(path)) ?? Buffer.alloc(0);
}

/**
 * Undefined where the file has gone, or shows a process that has, or one that is not ours to look
 * at.
 */
function ifThere<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (thrown) {
    if (['ENOENT', 'ESRCH', 'EACCES'].includes((thrown as NodeJS.ErrnoException).code ?? ''))
      return undefined;
    throw thrown;
  }
}

function found(haystack: Buffer, secrets: readonly string[]): string[] {
  return secrets.filter((secret) => forms(secret).some((form) => haystack.includes(form)));
}

/** Everything the kernel shows of our processes' arguments and environments. */
function processFiles(): Buffer {
  const others = readdirSync('/proc').filter(
    (name) => /^\d+$/.test(name) && Number(name) !== process.pid,
  );
  return Buffer.concat(
    others.flatMap((pid) =>
      ['cmdline', 'environ'].map((file) => contentOf(`/proc/${pid}/${file}`)),
    ),
  );
}

/** Canaries may go where the jobs want them: what is looked at here comes after the policy. */
function permitCanaries({ place, sandbox }: Stage): void {
  const file = join(place.directory, 'policy.yaml');
  const policy = JSON.parse(readFileSync(file, 'utf8')) as { readonly secrets: readonly object[] };
  const host = `${sandbox.myDomain}.salesforce.com`;
  const fields = [
    'password',
    'securityToken',
    'consumerSecret',
    'privateKey',
    'sslConfig.caCertificate',
    'sslConfig.sslCertificate',
    'sslConfig.sslKey',
  ];
  const config = JSON.parse(readFileSync(place.configFile, 'utf8')) as {
    readonly network: { readonly connectTo: readonly string[] };
  };
  const connectTo = [...config.network.connectTo, `${host}:8443=127.0.0.1:${sandbox.port}`];
  writeFileSync(
    place.configFile,
    JSON.stringify({ ...config, network: { ...config.network, connectTo } }),
  );
  writeFileSync(
    file,
    JSON.stringify({
      ...policy,
      secrets: [
        ...policy.secrets,
        { ref: '/canary/*', connector: 'salesforce', fields, hosts: [host, `${host}:8443`] },
      ],
    }),
  );
}

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

import { chmodSync, chownSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { RunnerError } from '../../foundation/src/runtime/errors.ts';
import { nodeDisk } from '../../foundation/src/runtime/node-disk.ts';
import { DoctorScene, findings, firstFailure } from '../../test/support/doctor-scene.ts';
import { thisMachine, type DoctorOptions, type Machine } from './options.ts';

let scene: DoctorScene;
beforeEach(async () => {
  scene = await DoctorScene.open();
});
afterEach(() => scene.close());

interface Broken {
  readonly machine?: Partial<Machine>;
  readonly options?: Partial<DoctorOptions>;
}

const isRoot = process.getuid?.() === 0;
const { volumeOf, clock } = thisMachine();
const GIB = 2 ** 30;

function diskFull(): Promise<never> {
  return Promise.reject(Object.assign(new Error('ENOSPC: no space left'), { code: 'ENOSPC' }));
}

/** A set-up, what breaks it, and the first failure that names it. */
type Row = readonly [setup: string, breaks: () => Broken | void, expected: RegExp];

const ROWS: readonly Row[] = [
  [
    'an old Node.js',
    () => ({ machine: { nodeVersion: '22.19.0' } }),
    /^installation: Node\.js: 22\.19\.0 is too old; 24 or later is required$/,
  ],
  [
    'a part of the program that is missing',
    () => ({
      options: {
        workerEntry: () => {
          throw new RunnerError('INTERNAL', 'the worker program is missing from this installation');
        },
      },
    }),
    /^installation: program: the worker program is missing/,
  ],
  [
    'an invalid setting',
    () => scene.configure({ capacity: 1000 }),
    /^configuration: settings: invalid configuration, 1 problem/,
  ],
  [
    'a configuration that others can change',
    () => chmodSync(scene.configFile, 0o666),
    /^configuration: settings: .*runner\.yaml can be changed by others \(mode 666\)/,
  ],
  [
    'a CA file that does not exist',
    () => scene.configure({ network: { caFile: '/nowhere/ca.pem' } }),
    /^configuration: CA files: failed to read CA file \/nowhere\/ca\.pem \(ENOENT\)/,
  ],
  [
    'headers for telemetry that others can read',
    () => {
      const headersFile = scene.file('otlp-headers', 'Authorization: Bearer x', 0o644);
      const endpoint = 'https://collector.example.com:4318';
      scene.configure({ telemetry: { otlp: { endpoint, headersFile } } });
    },
    /^configuration: telemetry: .*otlp-headers can be (?:read|accessed) by others/,
  ],
  [
    'a key for the syslog server that others can read',
    () => {
      const keyFile = scene.file('syslog.key', 'x', 0o644);
      const certFile = scene.file('syslog.pem', 'x');
      scene.configure({ audit: { syslog: { url: 'tls://siem.example.com', certFile, keyFile } } });
    },
    /^configuration: syslog: .*syslog\.key can be (?:read|accessed) by others/,
  ],
  [
    'a data directory that others can read',
    () => chmodSync(scene.stateDir, 0o755),
    /^data: .*state can be read by others \(mode 755\)/,
  ],
  [
    'a full disk',
    () => ({ machine: { disk: { ...nodeDisk, open: diskFull } } }),
    /^data: write and fsync: ENOSPC/,
  ],
  [
    'a disk with almost no space',
    () => ({
      machine: { volumeOf: async (path) => ({ ...(await volumeOf(path)), freeBytes: 1024 }) },
    }),
    /^data: space: 1 KiB and .* files free; records may take 1GiB/,
  ],
  [
    'a disk without free inodes',
    () => ({
      machine: {
        volumeOf: async (path) => ({
          ...(await volumeOf(path)),
          freeBytes: 5 * GIB,
          freeInodes: 0,
          inodes: 1000,
        }),
      },
    }),
    /^data: space: 5\.0 GiB and 0 files free/,
  ],
  [
    'a file system that tells nothing, beside the other findings',
    () => {
      chmodSync(scene.stateDir, 0o755);
      return { machine: { volumeOf: () => Promise.reject(new Error('ESTALE')) } };
    },
    /^data: .*state can be read by others \(mode 755\)/,
  ],
  [
    'an audit trail with a damaged end',
    () => {
      const directory = scene.folder('state/audit');
      writeFileSync(join(directory, 'audit-000000000001.jsonl'), '{"event":"forged"}\n');
    },
    /^audit: last line: the last line of .*audit-000000000001\.jsonl is damaged or was not written/,
  ],
  [
    'a wrong clock',
    () => ({ machine: { clock: { ...clock, now: () => Date.now() + 3_600_000 } } }),
    /^clock: time: 3[56]\d\d s ahead of localhost:/,
  ],
  [
    'no policy',
    () => rmSync(scene.policyFile),
    /^policy: policy file: no policy file at .*policy\.yaml; every job is rejected/,
  ],
  [
    'a policy with an invalid host',
    () => scene.policy({ hosts: ['https://acme.my.salesforce.com/'] }),
    /^policy: policy file: .*policy\.yaml has a problem/,
  ],
  [
    'a policy that binds nothing',
    () => scene.policy(),
    /^policy: policy file: .*policy\.yaml binds no secret and allows no host/,
  ],
  [
    'a rule for a field that does not exist',
    () => scene.policy({ fields: ['pasword'] }),
    /^policy: secrets\[0\]: binds nothing: salesforce has no secret field "pasword"/,
  ],
  [
    'a rule for a connector that does not exist',
    () => scene.policy({ connector: 'salesfroce' }),
    /^policy: secrets\[0\]: binds nothing: there is no connector "salesfroce"/,
  ],
  [
    'no identity',
    () => rmSync(join(scene.stateDir, 'identity'), { recursive: true }),
    /^identity: enrollment: state directory .* contains no identity/,
  ],
  [
    'a key of the identity that cannot be read',
    () => writeFileSync(join(scene.stateDir, 'identity', 'key.pem'), 'not a key'),
    /^identity: enrollment: key file .*key\.pem contains no private key/,
  ],
  [
    'a key of the identity that others can read',
    () => chmodSync(join(scene.stateDir, 'identity', 'key.pem'), 0o644),
    /^identity: enrollment: .*key\.pem can be read by others/,
  ],
  [
    'a control plane that is not that of the enrollment',
    () => scene.configure({ controlPlane: { url: `wss://127.0.0.1:${scene.plane.port}` } }),
    /^identity: enrollment: enrolled with wss:\/\/localhost:\d+, but controlPlane\.url is/,
  ],
  [
    'a damaged vault',
    () => writeFileSync(join(scene.stateDir, 'vault.json'), scene.vault().subarray(0, -20)),
    /^secrets: vault: the vault is damaged/,
  ],
  [
    'a vault without its key',
    () => rmSync(scene.keyFile),
    /^secrets: vault: the key file .*vault\.key of the vault is missing/,
  ],
  [
    'a directory of secrets that does not exist',
    () => scene.configure({ secrets: { files: { directory: '/nowhere' } } }),
    /^secrets: files: cannot open the directory of secrets \/nowhere/,
  ],
  [
    'a mount of a provider that is not configured',
    () => scene.configure({ secrets: { mounts: ['/k8s=files'] } }),
    /^secrets: providers: secrets\.mounts: provider "files" is not configured/,
  ],
  [
    'a secret in a file that others can change',
    () => {
      writeFileSync(join(scene.folder('files'), 'token'), 'a token of a service');
      chmodSync(join(scene.directory, 'files', 'token'), 0o666);
      scene.configure({ secrets: { files: { directory: join(scene.directory, 'files') } } });
    },
    /^secrets: secret:\/token: .*token can be changed by others/,
  ],
  [
    'a rule whose secret is missing',
    () => scene.policy({}, { ref: '/salesforce/prod/securityToken', fields: ['securityToken'] }),
    /^rules: secrets\[1\]: binds nothing: no secret is stored for \/salesforce\/prod\/securityToken/,
  ],
  [
    'a rule whose pattern matches no secret',
    () => scene.policy({}, { ref: '/salesforce/uat/*' }),
    /^rules: secrets\[1\]: binds nothing: no secret is stored for \/salesforce\/uat\/\*/,
  ],
];

describe('the first failure names', () => {
  it.each(ROWS)('%s', async (_setup, breaks, expected) => {
    expect(firstFailure(await scene.diagnose(breaks() ?? {}))).toMatch(expected);
  });

  it.runIf(isRoot)('a data directory of another user', async () => {
    chownSync(scene.stateDir, 54_321, 54_321);
    expect(firstFailure(await scene.diagnose())).toMatch(/^data: .* belongs to another user/);
  });
});

describe('a warning names', () => {
  it('a secret without a rule, and a rule that repeats another', async () => {
    await scene.store({ 'secret:/salesforce/old': 'no longer needed' });
    scene.policy({}, { ref: '/salesforce/*/password', hosts: ['acme.my.salesforce.com'] });
    const report = await scene.diagnose();
    expect(findings(report, 'warn')).toEqual([
      'policy: secrets[0]: adds nothing: secrets[1] permits all of it',
      'rules: secret:/salesforce/old: no rule of the policy binds it, so no job can use it',
    ]);
    expect(report.status).toBe('warn');
  });
});

import { execFileSync } from 'node:child_process';
import {
  appendFileSync,
  chmodSync,
  copyFileSync,
  mkdirSync,
  readFileSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createAuthority } from '../../test/support/certificates.ts';
import { DoctorScene, findings, SOURCE } from '../../test/support/doctor-scene.ts';
import { openMiddlebox } from '../../test/support/middlebox.ts';
import { newSigningKey } from '../../test/support/signed-jobs.ts';
import { canMount } from '../../test/support/small-disk.ts';
import { encodeLine, START } from '../audit/line.ts';
import { thisMachine, type Machine, type Volume } from './options.ts';

let scene: DoctorScene;
beforeEach(async () => {
  scene = await DoctorScene.open();
});
afterEach(() => scene.close());

interface Change {
  readonly machine?: Partial<Machine>;
  readonly configFile?: string;
}

const { volumeOf, clock } = thisMachine();
const MIB = 2 ** 20;

function volume(change: Partial<Volume>): Change {
  const plenty = { freeBytes: 5000 * MIB, freeInodes: 10_000, inodes: 20_000, type: 0xef53 };
  return {
    machine: { volumeOf: async (path) => ({ ...(await volumeOf(path)), ...plenty, ...change }) },
  };
}

/** Something that works but should be looked at, and the one warning that says so. */
type Row = readonly [setup: string, change: () => Change | void, expected: RegExp];

const ROWS: readonly Row[] = [
  [
    'core dumps with memory',
    () => ({ machine: { coreDumpFilter: scene.file('filter', '00000033\n') } }),
    /^installation: core dumps: can contain the memory of this program/,
  ],
  [
    'a look at the runner of a user on a machine that has one of its own',
    () => {
      const directory = join(scene.directory, '.config/hybrid-runner');
      mkdirSync(directory, { recursive: true, mode: 0o700 });
      const configFile = join(directory, 'runner.yaml');
      copyFileSync(scene.configFile, configFile);
      copyFileSync(scene.policyFile, join(directory, 'policy.yaml'));
      return { configFile, machine: { systemConfigDir: scene.directory } };
    },
    /^configuration: runner: this is the runner of your user/,
  ],
  [
    'less space than records may take',
    () => volume({ freeBytes: 500 * MIB }),
    /^data: space: 500\.0 MiB and 10000 files free; records may take 1GiB$/,
  ],
  [
    'few files that can still be created',
    () => volume({ freeInodes: 99 }),
    /^data: space: 4\.9 GiB and 99 files free/,
  ],
  [
    'a file system that forgets',
    () => volume({ type: 0x01021994 }),
    /^data: kind: the file system is tmpfs, which loses everything/,
  ],
  [
    'an audit trail that has become large',
    () => {
      const path = join(scene.folder('state/audit'), 'audit-000000000001.jsonl');
      writeFileSync(path, encodeLine({ event: 'x' }, START, 0).text);
      truncateSync(path, 2 ** 31);
      appendFileSync(path, `\n${encodeLine({ event: 'x' }, START, 0).text}`);
    },
    /^audit: size: 2049 MiB; number of files: 1$/,
  ],
  [
    'an audit trail that the syslog server does not get',
    () => {
      const path = join(scene.folder('state/audit'), 'audit-000000000001.jsonl');
      const first = encodeLine({ event: 'x' }, START, Date.now() - 1_000_000);
      writeFileSync(path, first.text + encodeLine({ event: 'x' }, first, Date.now()).text);
      scene.configure({ audit: { syslog: { url: `tls://${SOURCE}:443` } } });
    },
    /^syslog: audit trail: lines that the server does not have: 2; the oldest is 10\d\d s old$/,
  ],
  [
    'a clock that is a little late',
    () => ({ machine: { clock: { ...clock, now: () => Date.now() - 120_000 } } }),
    /^clock: time: 1[12]\d s behind localhost:/,
  ],
  [
    'a field that does not exist among others',
    () => scene.policy({ fields: ['password', 'passphrase'] }),
    /^policy: secrets\[0\]: salesforce has no secret field "passphrase"$/,
  ],
  [
    'a key for jobs that ends within 30 days',
    () => {
      const { name, publicKey } = newSigningKey();
      const notAfter = new Date(Date.now() + 29 * 86_400_000).toISOString();
      const policy = JSON.parse(readFileSync(scene.policyFile, 'utf8')) as object;
      const jobs = { signatures: 'warn', keys: [{ name, publicKey, notAfter }] };
      writeFileSync(scene.policyFile, JSON.stringify({ ...policy, jobs }));
    },
    /^policy: key operations: ends on \d{4}-\d\d-\d\d, and all its signatures with it$/,
  ],
  [
    'a directory of secrets that others can write to',
    () => {
      chmodSync(scene.folder('files'), 0o777);
      scene.configure({ secrets: { files: { directory: join(scene.directory, 'files') } } });
    },
    /^secrets: files: other users can write to /,
  ],
];

describe('a warning names', () => {
  it.each(ROWS)('%s', async (_setup, change, expected) => {
    const report = await scene.diagnose(change() ?? {});
    expect([...findings(report, 'warn'), ...findings(report, 'fail')]).toEqual([
      expect.stringMatching(expected),
    ]);
  });

  it('a certificate that expires soon', async () => {
    const authority = await createAuthority('Other CA');
    const leaf = await authority.issue(['localhost'], { untilDays: 3 });
    const box = await openMiddlebox({ leaf, port: scene.plane.port, ca: scene.plane.ca });
    scene.lead(scene.authority, box.port);
    scene.configure({ controlPlane: { caFile: scene.file('ca.pem', authority.caPem) } });
    expect(findings(await scene.diagnose(), 'warn')).toEqual([
      expect.stringMatching(/^tls: localhost:\d+: the certificate of localhost expires on \d{4}-/),
    ]);
    await box.close();
  });

  it('a file system that forgets, also when its space is short', async () => {
    const report = await scene.diagnose(volume({ type: 0x01021994, freeBytes: 500 * MIB }));
    expect(findings(report, 'warn')).toEqual([
      expect.stringMatching(/^data: space: 500\.0 MiB/),
      expect.stringMatching(/^data: kind: the file system is tmpfs/),
    ]);
  });

  it.runIf(canMount('a spool on another file system'))(
    'a spool on another file system',
    async () => {
      const spool = join(scene.stateDir, 'spool');
      mkdirSync(spool);
      execFileSync('mount', ['-t', 'tmpfs', 'tmpfs', spool]);
      try {
        expect(findings(await scene.diagnose(), 'warn')).toEqual([
          'data: file system: spool/ is on another file system',
        ]);
      } finally {
        execFileSync('umount', [spool]);
      }
    },
  );
});

describe('nothing is said against', () => {
  it('a host with a wildcard, which cannot be looked up', async () => {
    scene.policy(
      {},
      {
        ref: '/salesforce/*/password',
        hosts: ['*.my.salesforce.com'],
        iUnderstandWildcardHosts: true,
      },
    );
    const report = await scene.diagnose();
    expect(report.status).toBe('pass');
    expect(findings(report, 'skip')).toContain('tls: secrets[1]: wildcard hosts are not checked');
  });

  it('secrets in files and variables, each with a rule', async () => {
    writeFileSync(join(scene.folder('files'), 'sf.token'), 'a security token');
    scene.configure({
      secrets: {
        files: { directory: join(scene.directory, 'files') },
        environment: { enabled: true },
      },
    });
    scene.policy(
      {},
      { ref: '/sf/token', fields: ['securityToken'], hosts: [SOURCE] },
      { ref: '/sf/key', fields: ['privateKey'], hosts: [SOURCE] },
    );
    const report = await scene.diagnose({ env: { HYBRID_SECRET_SF__KEY: 'a private key' } });
    expect(report.status).toBe('pass');
  });
});

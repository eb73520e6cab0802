import type { AuditEvent } from '../../foundation/src/logging/audit-trail.ts';
import { systemClock } from '../../foundation/src/runtime/clock.ts';
import { execFileSync } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  realpathSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createAuthority } from '../../test/support/certificates.ts';
import { policyOf } from '../../test/support/policy.ts';
import { canMount } from '../../test/support/small-disk.ts';
import { parseEndpoint } from '../../foundation/src/network/endpoint.ts';
import type { LogData, Logger } from '../../foundation/src/logging/logger.ts';
import type { Policy } from '../policy/policy.ts';
import type { RunnerError } from '../../foundation/src/runtime/errors.ts';
import { createRedactor } from '../redaction/redactor.ts';
import { systemRandom } from '../../foundation/src/runtime/random.ts';
import { processVersions } from './value-versions.ts';
import { processReadLimits } from './read-limits.ts';
import { createSecretSources } from './resolver.ts';
import type { SecretSource } from './secret.ts';

const signal = new AbortController().signal;
const root = realpathSync(mkdtempSync(join(tmpdir(), 'named-files-')));
const open = join(root, 'tls');
mkdirSync(open);
const policyFor = (directory: string | null): Policy =>
  policyOf(JSON.stringify({ version: 1, ...(directory === null ? {} : { files: { directory } }) }));
const fields = ['password', 'sslConfig.sslKey'];

interface Stage {
  readonly source: SecretSource;
  readonly logged: LogData[];
  readonly recorded: AuditEvent[];
  readonly redact: (text: string) => string;
}

function stage(path: string, directory: string | null = open, secretsDirectory?: string): Stage {
  const logged: LogData[] = [];
  const recorded: AuditEvent[] = [];
  const redactor = createRedactor();
  const audit: Logger = {
    log: (_level, message, data) => void logged.push({ message, ...data }),
    child: () => audit,
  };
  const sources = createSecretSources({
    connection: { sslConfig: { sslKey: path } },
    secretFields: fields,
    fileFields: { 'sslConfig.sslKey': 'private key' },
    connector: 'salesforce',
    endpoints: [parseEndpoint('acme.my.salesforce.com:8443')],
    policy: policyFor(directory),
    provider: { name: 'none', read: async () => undefined },
    secretDirectories:
      secretsDirectory === undefined ? [] : [{ setting: 'secrets.x.y', path: secretsDirectory }],
    clock: systemClock,
    readLimits: processReadLimits(systemClock),
    trail: { record: async (event) => void recorded.push(event) },
    versions: processVersions(systemRandom),
    redactor,
    audit,
  });
  const source = sources.get('sslConfig.sslKey')!;
  return { source, logged, recorded, redact: (text) => redactor.redact(text) };
}

function file(name: string, text: string, mode = 0o600): string {
  const path = join(root, name);
  writeFileSync(path, text);
  chmodSync(path, mode);
  return path;
}

function newKey(): string {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return privateKey.export({ type: 'pkcs8', format: 'pem' }).toString().trimEnd();
}

const KEY = newKey();
const certificate = (await createAuthority()).caPem;

describe('a file that a job names', () => {
  it('is read below the directory of the policy, redacted, logged and recorded', async () => {
    const { source, logged, recorded, redact } = stage(file('tls/key.pem', `${KEY}\n`));
    const secret = await source.read(signal);
    expect(secret.reveal()).toBe(KEY);
    expect(redact(`it is ${KEY}`)).toBe('it is [secret]');
    expect(logged).toMatchObject([
      { event: 'audit', field: 'sslConfig.sslKey', decision: 'allow', file: join(open, 'key.pem') },
    ]);
    expect(recorded).toMatchObject([{ event: 'secretFile', file: join(open, 'key.pem') }]);
  });

  it('is read again each time, under a new version after it was written again', async () => {
    const renewed = newKey();
    const { source } = stage(file('tls/renewed.pem', KEY));
    const [first, again] = [await source.read(signal), await source.read(signal)];
    file('tls/renewed.pem', renewed);
    const second = await source.read(signal);
    expect([first.reveal(), second.reveal()]).toEqual([KEY, renewed]);
    expect([again.version === first.version, second.version === first.version]).toEqual([
      true,
      false,
    ]);
  });

  it.each([
    ['outside the directory', () => file('outside.pem', KEY)],
    ['reached by dots', () => join(open, '..', 'outside.pem')],
    ['in a directory whose name only starts the same', () => `${open}-other/key.pem`],
    ['the directory itself', () => open],
  ])('is not read when it is %s', async (_where, path) => {
    await expect(stage(path()).source.read(signal)).rejects.toMatchObject({
      code: 'SECRET_FILE_DENIED',
    });
  });

  describe('where references read secrets', () => {
    const secrets = join(root, 'tls-and-secrets');
    mkdirSync(join(secrets, 'own'), { recursive: true });
    symlinkSync(secrets, join(root, 'linked'));
    file('tls-and-secrets/own/key.pem', KEY);

    it.each([
      ['is the same directory', secrets, secrets],
      ['lies above the files', join(secrets, 'own'), secrets],
      ['lies below the files', secrets, join(secrets, 'own')],
      ['is the same by a link', join(root, 'linked'), secrets],
      ['is linked to', secrets, join(root, 'linked')],
      ['lies above, by a link', join(root, 'linked', 'own'), secrets],
      ['does not exist, and would lie below', secrets, join(secrets, 'not-yet', 'made')],
      ['is a file, a credential of the runner', secrets, join(secrets, 'own', 'key.pem')],
    ])('is not read when the directory %s', async (_how, directory, secretsDirectory) => {
      const path = join(directory, directory.endsWith('own') ? 'key.pem' : 'own/key.pem');
      expect(
        (await stage(path, directory, join(root, 'elsewhere')).source.read(signal)).reveal(),
      ).toBe(KEY);
      const { source, logged, recorded, redact } = stage(path, directory, secretsDirectory);
      await expect(source.read(signal)).rejects.toMatchObject({
        code: 'SECRET_FILE_DENIED',
        message: expect.not.stringContaining(root) as string,
      });
      expect(logged).toMatchObject([
        {
          event: 'audit',
          decision: 'deny',
          code: 'SECRET_FILE_DENIED',
          error: expect.stringContaining('overlaps secrets.x.y of') as string,
        },
      ]);
      expect(recorded.at(-1)).toMatchObject({ event: 'secretFile', file: path, decision: 'deny' });
      expect(redact(KEY)).toBe(KEY);
    });

    it.runIf(canMount('src/secrets/job-file'))(
      'is not read when it was mounted below the files',
      async () => {
        const mounted = join(open, 'mounted');
        mkdirSync(mounted);
        execFileSync('mount', ['--bind', secrets, mounted]);
        try {
          const path = join(mounted, 'own', 'key.pem');
          expect(
            (await stage(path, open, join(root, 'elsewhere')).source.read(signal)).reveal(),
          ).toBe(KEY);
          await expect(stage(path, open, secrets).source.read(signal)).rejects.toMatchObject({
            code: 'SECRET_FILE_DENIED',
          });
        } finally {
          execFileSync('umount', [mounted]);
        }
      },
    );

    it.each([
      ['tls', 'tls-other'],
      ['tls', 'elsewhere'],
      ['tls', 'not/there'],
    ])('is read when the directories do not overlap (%s, %s)', async (_files, apart) => {
      expect(
        (
          await stage(file('tls/apart.pem', KEY), open, join(root, apart)).source.read(signal)
        ).reveal(),
      ).toBe(KEY);
    });
  });

  it('is not read when the policy opens no directory', async () => {
    const path = file('tls/closed.pem', KEY);
    await expect(stage(path, null).source.read(signal)).rejects.toMatchObject({
      code: 'SECRET_FILE_DENIED',
      message: expect.stringContaining('not set') as string,
    });
  });

  it.each([
    [
      'a link leads out',
      () => {
        symlinkSync(file('target.pem', KEY), join(open, 'link.pem'));
        return join(open, 'link.pem');
      },
    ],
    ['others can change it', () => file('tls/loose.pem', KEY, 0o666)],
    ['it is not there', () => join(open, 'nothing.pem')],
    [
      'it is a directory',
      () => {
        mkdirSync(join(open, 'folder'));
        return join(open, 'folder');
      },
    ],
    ['it is empty', () => file('tls/empty.pem', '')],
    ['it is not PEM', () => file('tls/notes.txt', 'not for jobs')],
    [
      'its PEM is damaged',
      () => file('tls/cut.pem', '-----BEGIN PRIVATE KEY-----\nMIGH\n-----END PRIVATE KEY-----\n'),
    ],
    ['it is another kind of PEM', () => file('tls/certificate.pem', certificate)],
  ])('is the same SECRET_UNAVAILABLE to the outside when %s', async (_why, path) => {
    await expect(stage(path()).source.read(signal)).rejects.toMatchObject({
      code: 'SECRET_UNAVAILABLE',
      message: 'secret for field "sslConfig.sslKey" is not available',
    });
  });

  it('has the same outward error if missing or not PEM; only the local log has the reason', async () => {
    const missing = stage(join(open, 'absent.pem'));
    const notPem = stage(file('tls/plain.txt', 'not for jobs'));
    const [first, second] = await Promise.all(
      [missing, notPem].map(async ({ source }) =>
        source.read(signal).catch((thrown: unknown) => (thrown as RunnerError).toFailure()),
      ),
    );
    expect(first).toEqual(second);
    expect([missing, notPem].map(({ logged }) => logged[0]?.['error'])).toEqual([
      'the file is missing or empty',
      'the file is not a private key in PEM form',
    ]);
  });
});

import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseEndpoint } from '../../foundation/src/network/endpoint.ts';
import { silentLogger, type Logger } from '../../foundation/src/logging/logger.ts';
import { NEVER } from '../../foundation/src/runtime/abort.ts';
import type { RunnerError } from '../../foundation/src/runtime/errors.ts';
import { openPolicy, openPolicyForJob, openPolicyForOffer, requirePolicy } from './open-policy.ts';
import type { PolicySource } from './parse-policy.ts';
import type { SecretDirectory } from './secret-directory.ts';
import type { Policy } from './policy.ts';

const HOST = parseEndpoint('acme.my.salesforce.com:443');
const TEXT =
  '{version: 1, secrets: [{ref: /sf/*, connector: salesforce, fields: [password], hosts: [acme.my.salesforce.com]}]}';

let directory: string;
beforeAll(() => (directory = mkdtempSync(join(tmpdir(), 'policy-'))));
afterAll(() => rmSync(directory, { recursive: true }));

function source(file: string): PolicySource {
  return { file, connectors: ['Salesforce'] };
}

function write(name: string, text = TEXT, mode = 0o600): PolicySource {
  const file = join(directory, name);
  writeFileSync(file, text);
  chmodSync(file, mode);
  return source(file);
}

function secretPermitted(policy: Policy): boolean {
  const use = { path: ['sf', 'password'], field: 'password' };
  return policy.secretPermitted({ ...use, connector: 'Salesforce', hosts: [HOST], now: 0 }).allowed;
}

describe('openPolicy', () => {
  it('denies everything without a file, and points to the documentation', async () => {
    const policy = await openPolicy(source(join(directory, 'absent.yaml')));
    expect(policy.present).toBe(false);
    const job = policy.checkJob({ kind: 'metadata' });
    expect(job).toMatchObject({
      allowed: false,
      reason: expect.stringContaining('docs/policy.md') as string,
    });
    const others = [
      policy.plainTextPermitted(),
      policy.addressPermitted('8.8.8.8'),
      policy.hostPermitted(HOST, { connector: 'Salesforce', uses: [] }),
    ];
    expect(others.map(({ allowed }) => allowed)).toEqual([false, false, false]);
    expect(secretPermitted(policy)).toBe(false);
  });

  it('reads the file again each time', async () => {
    const edited = write('edited.yaml');
    expect(secretPermitted(await openPolicy(edited))).toBe(true);
    write('edited.yaml', 'version: 1');
    expect(secretPermitted(await openPolicy(edited))).toBe(false);
  });

  it.each([
    [0o600, true],
    [0o640, true],
    [0o644, true],
    [0o660, false],
    [0o646, false],
    [0o666, false],
  ])('accepts a file with mode %o: %s', async (mode, accepted) => {
    const opening = openPolicy(write(`mode-${mode}.yaml`, TEXT, mode));
    if (accepted) await expect(opening).resolves.toBeDefined();
    else await expect(opening).rejects.toMatchObject({ code: 'FILE_UNSAFE' });
  });

  it('rejects a directory in which others can replace the file', async () => {
    const open = join(directory, 'open');
    mkdirSync(open);
    writeFileSync(join(open, 'policy.yaml'), TEXT);
    chmodSync(open, 0o777);
    await expect(openPolicy(source(join(open, 'policy.yaml')))).rejects.toMatchObject({
      code: 'FILE_UNSAFE',
    });
    chmodSync(open, 0o755);
    symlinkSync(join(open, 'policy.yaml'), join(directory, 'link.yaml'));
    await expect(openPolicy(source(join(directory, 'link.yaml')))).resolves.toBeDefined();
  });

  it('rejects a path that is not a file', async () => {
    await expect(openPolicy(source(directory))).rejects.toMatchObject({ code: 'FILE_UNSAFE' });
  });
});

describe('requirePolicy', () => {
  it('rejects a missing file', async () => {
    await expect(requirePolicy(source(join(directory, 'absent.yaml')), [])).rejects.toMatchObject({
      code: 'POLICY_MISSING',
    });
  });

  it('rejects files.directory when it overlaps the directory of secrets', async () => {
    const shared = write('shared.yaml', JSON.stringify({ version: 1, files: { directory } }));
    const at = (path: string): SecretDirectory => ({ setting: 'secrets.x.y', path });
    await expect(
      requirePolicy(shared, [at('/run/secrets'), at(join(directory, 'secrets'))]),
    ).rejects.toMatchObject({
      code: 'POLICY_INVALID',
      message: expect.stringContaining('overlaps secrets.x.y of') as string,
    });
    await expect(requirePolicy(shared, [at('/run/secrets')])).resolves.toMatchObject({
      present: true,
    });
  });
});

describe('openPolicyForOffer', () => {
  it('logs the problems of the file and keeps them out of the error', async () => {
    const wrong = write('wrong.yaml', 'version: 1\nnetwork: {allow: ["https://intranet.example"]}');
    const logged: string[] = [];
    const audit: Logger = {
      log: (_level, message, data) => void logged.push(`${message} ${JSON.stringify(data)}`),
      child: () => audit,
    };
    const error = await openPolicyForOffer(wrong, audit).catch(
      (thrown: unknown) => thrown as RunnerError,
    );
    expect(error).toMatchObject({
      code: 'POLICY_INVALID',
      message: 'the local policy cannot be used; the runner log has the reason',
    });
    expect(logged.join()).toContain('intranet.example');
  });
});

describe('openPolicyForJob', () => {
  it('waits for the rest of a file that a tool writes in place, which limits its beginning', async () => {
    const whole = `version: 1
secrets:
  - ref: /sf/*
    connector: salesforce
    fields: [password]
    hosts: [acme.my.salesforce.com]
    times: [{ days: [mon], from: '01:00', to: '01:01', timeZone: UTC }]
`;
    const begun = write('in-place.yaml', whole.slice(0, whole.indexOf('    times')));
    expect(secretPermitted(await openPolicy(begun))).toBe(true);
    let isWhole = false;
    const clock = {
      now: Date.now,
      sleep: () => {
        if (!isWhole) write('in-place.yaml', whole);
        isWhole = true;
        return Promise.resolve();
      },
    };
    const opening = openPolicyForJob(begun, silentLogger, { clock, signal: NEVER });
    expect(secretPermitted(await opening)).toBe(false);
  });
});

import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { Place } from './command-line.ts';

let place: Place;
beforeEach(() => {
  place = new Place();
});
afterEach(() => place.close());

const documentOf = (domain: string, password = 'secret:/sf/password'): object => ({
  source: {
    type: 'salesforce',
    serviceName: 'crm',
    serviceConnection: {
      config: {
        type: 'Salesforce',
        username: 'etl@acme.example',
        password,
        salesforceDomain: domain,
      },
    },
    sourceConfig: { config: {} },
  },
  pipelineRunId: 'run_1',
});

const write = (name: string, value: object): string => place.file(name, JSON.stringify(value));

/** A key file, and a policy that requires its signatures. */
async function prepare(): Promise<string> {
  const key = join(place.directory, 'jobs.pem');
  const made = await place.callBare(['jobs', 'keygen', '--out', key, '--name', 'operations']);
  expect(made.code).toBe(0);
  const { jobs } = parse(made.stdout) as { jobs: object };
  const policy = { version: 1, jobs: { ...jobs, signatures: 'required', pools: ['eu-west'] } };
  write('policy.yaml', policy);
  return key;
}

describe('jobs', () => {
  it('are signed and verified offline', async () => {
    const key = await prepare();
    const workflow = write('workflow.json', documentOf('acme.my'));
    const args = ['--workflow', workflow, '--key', key, '--pool', 'eu-west', '--valid-for', '30d'];
    const signed = await place.callBare(['jobs', 'sign', ...args]);
    expect(signed.code).toBe(0);
    expect(signed.stdout).toMatch(/^[\w-]+\.[\w-]+\.[\w-]{86}\n$/);
    expect(signed.stderr).toMatch(/hosts +acme\.my\.salesforce\.com:443\n/);
    expect(signed.stderr).toMatch(/secrets +secret:\/sf\/password as password\n/);
    const signature = place.file('signature', signed.stdout);
    const verify = ['jobs', 'verify', '--workflow', workflow, '--signature', signature];
    const verified = await place.call([...verify, '--json']);
    expect(verified.code).toBe(0);
    expect(JSON.parse(verified.stdout)).toMatchObject({
      key: 'operations',
      name: 'crm',
      audiences: ['pool:eu-west'],
    });
  });

  it('that differ from what was signed are rejected with 5 and the place of the difference', async () => {
    const key = await prepare();
    const workflow = write('workflow.json', documentOf('acme.my'));
    const args = ['--workflow', workflow, '--key', key, '--pool', 'eu-west'];
    const { stdout: signature } = await place.callBare(['jobs', 'sign', ...args]);
    const other = write('other.json', documentOf('evil.my'));
    const verified = await place.call(['jobs', 'verify', '--workflow', other, '--signature', '-'], {
      input: signature,
    });
    expect(verified.code).toBe(5);
    expect(verified.stderr).toContain(
      'error JOB_CONTENT_DIFFERS: the job differs from what was signed, at source.serviceConnection.config.salesforceDomain',
    );
    expect(verified.stderr).toContain('Audiences of this runner: pool:eu-west\n');
    expect(verified.stderr).not.toContain('evil.my');
  });

  it('have keys that their owner alone can read, and that are never overwritten', async () => {
    const key = await prepare();
    expect(statSync(key).mode & 0o777).toBe(0o600);
    const before = readFileSync(key, 'utf8');
    const again = await place.callBare(['jobs', 'keygen', '--out', key]);
    expect([again.code, readFileSync(key, 'utf8')]).toEqual([3, before]);
    place.file('open.pem', before, 0o644);
    const workflow = write('workflow.json', documentOf('acme.my'));
    const args = ['--workflow', workflow, '--key', join(place.directory, 'open.pem')];
    const signed = await place.callBare(['jobs', 'sign', ...args, '--pool', 'eu-west']);
    expect(signed.stderr).toContain('FILE_UNSAFE');
  });

  it.each([
    ['a password in plain text', documentOf('acme.my', 'hunter22'), [], 'SECRET_IN_PLAIN_TEXT'],
    ['nobody to run it', documentOf('acme.my'), ['--pool', ','], 'USAGE'],
    ['an id from a control plane', documentOf('acme.my'), ['--runner', 'rnr_1'], 'USAGE'],
    ['a pool that cannot be one', documentOf('acme.my'), ['--pool', '-'], 'INPUT_INVALID'],
    ['a validity without an end', documentOf('acme.my'), ['--valid-for', '9999d'], 'USAGE'],
  ])('are not signed with %s', async (_what, document, more, code) => {
    const key = await prepare();
    const workflow = write('workflow.json', document);
    const args = ['--workflow', workflow, '--key', key, '--pool', 'eu-west', ...more];
    const signed = await place.callBare(['jobs', 'sign', ...args]);
    expect(signed.stdout).toBe('');
    expect(signed.stderr).toContain(`error ${code}`);
    expect(signed.stderr).not.toContain('hunter22');
  });
});

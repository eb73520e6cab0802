import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Place } from './command-line.ts';

let place: Place;
beforeEach(() => {
  place = new Place();
  place.file('policy.yaml', POLICY);
});
afterEach(() => place.close());

const POLICY = `version: 1
secrets:
  - ref: /sf/*
    connector: salesforce
    fields: [privateKey]
    hosts: [acme.my.salesforce.com]
    users: [runner@acme.example]
    times:
      - {from: "20:00", to: "06:00", timeZone: UTC}
salesforce:
  owners: allow
`;

const workflow = (username: string): string =>
  JSON.stringify({
    source: {
      type: 'salesforce',
      serviceName: 'crm',
      serviceConnection: {
        config: {
          type: 'Salesforce',
          username,
          consumerKey: 'key',
          privateKey: 'secret:/sf/key',
          salesforceDomain: 'acme.my',
        },
      },
      sourceConfig: { config: {} },
    },
    workflowConfig: {},
  });

describe('policy explain', () => {
  it('names the line that decided each part, and ends with 5 for a job that is denied', async () => {
    const file = place.file('workflow.json', workflow('admin@acme.example'));
    const { code, stdout } = await place.call(['policy', 'explain', '--workflow', file]);
    expect(code).toBe(5);
    expect(stdout.split('\n').slice(1)).toEqual([
      '  job',
      '    metadata: allowed by jobs.kinds (not in the file)',
      '  data',
      '    metadata: allowed by salesforce.metadata (not in the file)',
      '  secret:/sf/key as privateKey',
      '    acme.my.salesforce.com:443: denied by secrets[0].users (line 7): the user name is not listed',
      '  connection',
      '    acme.my.salesforce.com:443: denied by secrets[0].users (line 7): the user name is not listed',
      'may leave to the control plane, where a job asks for it:',
      '  data',
      '    metadata: allowed by salesforce.metadata (not in the file)',
      '    counts: allowed by salesforce.counts (not in the file)',
      '    profile: denied by salesforce.profile (not in the file): is local',
      '    owners: allowed by salesforce.owners (line 11)',
      '    sampleRows: denied by salesforce.sampleRows (not in the file): is deny',
      '    codeText: denied by salesforce.codeText (not in the file): is local',
      'limits:',
      '  signatures: off by jobs.signatures (not in the file)',
      '  reservePercent: 20 by salesforce.reservePercent (not in the file)',
      '',
    ]);
  });

  it('has the same content with --json', async () => {
    const file = place.file('workflow.json', workflow('admin@acme.example'));
    const { code, stdout } = await place.call(['policy', 'explain', '--workflow', file, '--json']);
    const report = JSON.parse(stdout) as { readonly access: unknown[]; readonly allowed: boolean };
    expect([code, report.allowed]).toEqual([5, false]);
    expect(report.access).toContainEqual({
      about: ['secret:/sf/key as privateKey', 'acme.my.salesforce.com:443'],
      allowed: false,
      rule: 'secrets[0].users',
      reason: 'the user name is not listed',
      line: 7,
    });
  });

  it('shows the limits of a job, with their lines', async () => {
    place.file('policy.yaml', POLICY.replace(/ {4}times:\n.*\n/, '    maxRunsPerHour: 4\n'));
    const file = place.file('workflow.json', workflow('runner@acme.example'));
    const { stdout } = await place.call(['policy', 'explain', '--workflow', file]);
    expect(stdout).toContain('  runsPerHour: 4 by secrets[0].maxRunsPerHour (line 8)\n');
  });

  it('rejects a kind that does not exist', async () => {
    const file = place.file('workflow.json', workflow('u'));
    const { code } = await place.call(['policy', 'explain', '--workflow', file, '--kind', 'x']);
    expect(code).toBe(2);
  });
});

describe('policy test', () => {
  const expectations = (denied: string): string => `
tests:
  - name: the runner's own user, at night
    workflow: own.json
    at: "2026-11-27T22:00:00Z"
    expect: allowed
    leaves: [owners]
    withheld: [profile, codeText]
    limits: {runsPerHour: none, signatures: off, reservePercent: 20}
  - name: the same at noon
    workflow: own.json
    at: "2026-11-27T12:00:00Z"
    expect: denied
    rule: secrets[0].times
  - name: another user
    workflow: other.json
    at: "2026-11-27T22:00:00Z"
    expect: ${denied}
  - name: another host
    secret: {reference: secret:/sf/key, connector: salesforce, field: privateKey, host: evil.example}
    expect: denied
    rule: secrets
`;

  beforeEach(() => {
    place.file('own.json', workflow('runner@acme.example'));
    place.file('other.json', workflow('admin@acme.example'));
  });

  it('succeeds if the policy decides as expected', async () => {
    const file = place.file('expected.yaml', expectations('denied'));
    const { code, stdout } = await place.call(['policy', 'test', file]);
    expect([code, stdout.split('\n').at(-2)]).toEqual([0, '4 decisions as expected']);
  });

  it('fails if data leaves that should be withheld', async () => {
    const expected =
      'tests: [{name: n, workflow: own.json, expect: allowed, at: "2026-11-27T22:00:00Z", withheld: [owners, counts]}]';
    const withheld = place.file('expected.yaml', expected);
    const { code, stdout } = await place.call(['policy', 'test', withheld]);
    expect(code).toBe(1);
    expect(stdout).toContain('     - allowed, withheld: [counts, owners]\n');
    expect(stdout).toMatch(/ {5}\+ allowed by .*, withheld: \[\]\n/);
    place.file('policy.yaml', `${POLICY}  counts: deny\n`.replace('owners: allow', 'owners: deny'));
    expect((await place.call(['policy', 'test', withheld])).code).toBe(0);
  });

  it('fails with the difference if it does not', async () => {
    const file = place.file('expected.yaml', expectations('allowed'));
    const { code, stdout } = await place.call(['policy', 'test', file]);
    expect(code).toBe(1);
    expect(stdout).toContain(
      'FAIL another user\n     - allowed\n     + denied by secrets[0].users (line 7)\n',
    );
    expect(stdout).toContain('1 of 4 decisions not as expected');
  });

  it.each(['tests: []', 'tests: [{name: x, expect: denied}]', 'tests: [{nam: x}]', '{'])(
    'rejects the file %s',
    async (content) => {
      const { code } = await place.call(['policy', 'test', place.file('expected.yaml', content)]);
      expect(code).toBe(3);
    },
  );
});

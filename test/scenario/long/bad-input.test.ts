import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Place, type CallOptions } from '../../cli/command-line.ts';

let place: Place;
beforeAll(() => {
  place = new Place();
  place.file('empty', '');
  place.file('two-words', 'one two');
  place.file('token', 'abc-def');
  place.file('broken.yaml', 'a: [hunter2222');
  place.file('not-a-workflow.yaml', 'source: {type: salesforce}');
  place.file(
    'workflow.yaml',
    JSON.stringify({
      source: {
        type: 'salesforce',
        serviceName: 's',
        serviceConnection: { config: {} },
        sourceConfig: { config: {} },
      },
      workflowConfig: {},
    }),
  );
  place.file('bad.yaml', 'capcity: 2\ncapacity: 0\n');
  place.file('open.yaml', 'capacity: 2\n', 0o666);
  place.file('bad-policy.yaml', 'version: 2\nsecretz: []\n');
  place.file('open-policy.yaml', 'version: 1\n', 0o666);
  place.file('not-pem', 'hello');
});
afterAll(() => place.close());

interface Case {
  readonly args: string;
  readonly code: string;
  readonly exit: number;
  readonly options?: CallOptions;
}

const cases: readonly Case[] = [
  { args: '', code: 'USAGE', exit: 2 },
  { args: 'nonsense', code: 'USAGE', exit: 2 },
  { args: 'run --nonsense', code: 'USAGE', exit: 2 },
  { args: 'version extra', code: 'USAGE', exit: 2 },
  { args: 'enroll', code: 'USAGE', exit: 2 },
  { args: 'enroll --token-file token', code: 'USAGE', exit: 2 },
  { args: 'enroll --url wss://127.0.0.1:1 --token hunter2222', code: 'USAGE', exit: 2 },
  { args: 'enroll --url wss://127.0.0.1:1 --token=hunter2222', code: 'USAGE', exit: 2 },
  { args: 'enroll --url wss://127.0.0.1:1 --tokn=hunter2222', code: 'USAGE', exit: 2 },
  { args: 'enroll --url https://127.0.0.1:1 --token-file token', code: 'CONFIG_INVALID', exit: 3 },
  {
    args: 'enroll --url wss://u:hunter2222@127.0.0.1 --token-file token',
    code: 'CONFIG_INVALID',
    exit: 3,
  },
  { args: 'enroll --url wss://127.0.0.1:1 --token-file none', code: 'FILE_UNREADABLE', exit: 3 },
  { args: 'enroll --url wss://127.0.0.1:1 --token-file empty', code: 'INPUT_INVALID', exit: 3 },
  { args: 'enroll --url wss://127.0.0.1:1 --token-file two-words', code: 'INPUT_INVALID', exit: 3 },
  { args: 'enroll --url wss://127.0.0.1:1 --token-file -', code: 'INPUT_INVALID', exit: 3 },
  {
    args: 'enroll --url wss://127.0.0.1:1 --token-file token --ca-file none',
    code: 'FILE_UNREADABLE',
    exit: 3,
  },
  {
    args: 'enroll --url wss://127.0.0.1:1 --token-file token --ca-file not-pem',
    code: 'FILE_UNREADABLE',
    exit: 3,
  },
  { args: 'run', code: 'NOT_ENROLLED', exit: 4 },
  { args: 'run --capacity 0', code: 'CONFIG_INVALID', exit: 3 },
  { args: 'run --proxy http://u:hunter2222@p:1', code: 'CONFIG_INVALID', exit: 3 },
  { args: 'ingest', code: 'USAGE', exit: 2 },
  { args: 'ingest --workflow none', code: 'FILE_UNREADABLE', exit: 3 },
  { args: 'ingest --workflow broken.yaml --out out.jsonl', code: 'JOB_INVALID', exit: 3 },
  { args: 'ingest --workflow not-a-workflow.yaml --out out.jsonl', code: 'JOB_INVALID', exit: 3 },
  { args: 'ingest --workflow empty --out out.jsonl', code: 'JOB_INVALID', exit: 3 },
  {
    args: 'ingest --workflow workflow.yaml --out none/out.jsonl',
    code: 'FILE_UNWRITABLE',
    exit: 3,
  },
  { args: 'test-connection', code: 'USAGE', exit: 2 },
  { args: 'test-connection --workflow none', code: 'FILE_UNREADABLE', exit: 3 },
  { args: 'test-connection --workflow not-a-workflow.yaml', code: 'JOB_INVALID', exit: 3 },
  { args: 'status', code: 'RUNNER_NOT_RUNNING', exit: 69 },
  { args: 'status extra', code: 'USAGE', exit: 2 },
  { args: 'secrets', code: 'USAGE', exit: 2 },
  { args: 'secrets nonsense', code: 'USAGE', exit: 2 },
  { args: 'secrets set', code: 'USAGE', exit: 2 },
  { args: 'secrets set secret:/a/b hunter2222', code: 'USAGE', exit: 2 },
  { args: 'secrets set hunter2222', code: 'SECRET_REFERENCE_INVALID', exit: 3 },
  { args: 'secrets set secret:/../b', code: 'SECRET_REFERENCE_INVALID', exit: 3 },
  { args: 'secrets list extra', code: 'USAGE', exit: 2 },
  { args: 'secrets rm', code: 'USAGE', exit: 2 },
  { args: 'secrets rm secret:b', code: 'SECRET_REFERENCE_INVALID', exit: 3 },
  { args: 'secrets rm secret:/a/b', code: 'INPUT_INVALID', exit: 3 },
  { args: 'secrets rotate', code: 'INPUT_INVALID', exit: 3 },
  { args: 'secrets rotate extra', code: 'USAGE', exit: 2 },
  { args: 'config show extra', code: 'USAGE', exit: 2 },
  {
    args: 'config show',
    code: 'CONFIG_INVALID',
    exit: 3,
    options: { env: { HYBRID_RUNNER_CAPACTIY: '2' } },
  },
  { args: 'policy check --policy-file bad-policy.yaml', code: 'POLICY_INVALID', exit: 3 },
  { args: 'policy check --policy-file missing.yaml', code: 'POLICY_MISSING', exit: 3 },
  { args: 'service check', code: 'NOT_ENROLLED', exit: 4 },
  { args: 'policy show --policy-file open-policy.yaml', code: 'FILE_UNSAFE', exit: 3 },
  { args: 'service install --user root;reboot', code: 'INPUT_INVALID', exit: 3 },
  { args: 'service print --user Nobody', code: 'INPUT_INVALID', exit: 3 },
  { args: 'service uninstall extra', code: 'USAGE', exit: 2 },
  {
    args: 'config show',
    code: 'TLS_VERIFICATION_DISABLED',
    exit: 3,
    options: { env: { NODE_TLS_REJECT_UNAUTHORIZED: '0' } },
  },
  {
    args: 'config show',
    code: 'PROCESS_UNSAFE',
    exit: 3,
    options: { env: { NODE_OPTIONS: '--tls-keylog=keys.log' } },
  },
  {
    args: 'config show',
    code: 'PROCESS_UNSAFE',
    exit: 3,
    options: { env: { NODE_DEBUG: 'http' } },
  },
];

/** Commands that read no configuration reject the flag; the others get it. */
const words = (args: string): string[] => args.split(' ').filter((word) => word !== '');
const takesConfig = (args: string): boolean =>
  /^(?:enroll|run|ingest|test-connection|status|secrets (?:set|list|rm|rotate)|config show|policy|service (?:install|print))/.test(
    args,
  );

describe.concurrent(
  'invalid input is rejected with code, remedy and exit code, and writes nothing:',
  { timeout: 300_000 },
  () => {
    it.each(cases)('hybrid-runner $args ($code)', async ({ args, code, exit, options }) => {
      const before = place.snapshot();
      const call = takesConfig(args)
        ? place.call(words(args), options)
        : place.callBare(words(args), options);
      const result = await call;
      expect(result).toMatchObject({ code: exit, stdout: '' });
      expect(result.stderr).toMatch(new RegExp(`^error ${code}: .`, 'm'));
      expect(result.stderr).toMatch(/^ {2}→ ./m);
      expect(result.stderr).not.toMatch(/hunter2222|\bat .*\.js:\d/);
      expect(place.snapshot()).toEqual(before);
    });
  },
);

it('a job that the policy denies leaves a line in the audit trail, and nothing else', async () => {
  const before = place.snapshot();
  const result = await place.call(['test-connection', '--workflow', 'workflow.yaml']);
  expect(result).toMatchObject({ code: 5, stdout: '' });
  expect(result.stderr).toMatch(/^error POLICY_DENIED: .*\n {2}→ ./m);
  expect(place.snapshot().filter((line) => !/^state(?:\/audit\b| )/.test(line))).toEqual(before);
  expect(place.contents()).toMatch(/"code":"POLICY_DENIED",.*"decision":"deny","event":"job"/);
});

describe('an invalid configuration file', () => {
  it('is rejected with all problems at once', async () => {
    const { code, stderr } = await place.callBare(['config', 'show', '--config', 'bad.yaml']);
    expect(code).toBe(3);
    expect(stderr).toContain('capcity');
    expect(stderr).toContain('did you mean capacity?');
    expect(stderr).toContain('must be at least 1');
  });

  it.each([
    ['open.yaml', 'FILE_UNSAFE'],
    ['none.yaml', 'FILE_UNREADABLE'],
    ['broken.yaml', 'CONFIG_INVALID'],
  ])('rejects %s with %s', async (file, code) => {
    const result = await place.callBare(['config', 'show', '--config', file]);
    expect(result.code).toBe(3);
    expect(result.stderr).toContain(`error ${code}:`);
    expect(result.stderr).not.toContain('hunter2222');
  });
});

describe('with --json', () => {
  it('prints an error as one JSON object on standard output', async () => {
    const { stdout, stderr, code } = await place.call(['run', '--capacity', '0', '--json']);
    expect(stderr).toBe('');
    expect(code).toBe(3);
    expect(JSON.parse(stdout)).toMatchObject({
      error: {
        code: 'CONFIG_INVALID',
        retryable: false,
        problems: [{ path: 'capacity (--capacity)', problem: 'must be at least 1' }],
      },
    });
  });

  it('prints an invalid command line the same way', async () => {
    const { stdout } = await place.callBare(['nonsense', '--json']);
    expect(JSON.parse(stdout)).toMatchObject({
      error: { code: 'USAGE', remedy: expect.any(String) as string },
    });
  });
});

describe('a workflow with invalid YAML', () => {
  it.each([
    [
      'a key twice',
      'source:\n  serviceName: crm\n  serviceName: hunter2222\n',
      'duplicate key in line 3, column 3',
    ],
    [
      'a tab for indentation',
      'source:\n\tpassword: hunter2222\n',
      'tab as indent in line 2, column 1',
    ],
  ])(
    'with %s is rejected with kind and position, without its text',
    async (_what, content, problem) => {
      place.file('placed.yaml', content);
      const { code, stderr } = await place.call([
        'ingest',
        '--workflow',
        'placed.yaml',
        '--out',
        'out.jsonl',
      ]);
      expect([code, stderr.includes(problem), stderr.includes('hunter2222')]).toEqual([
        3,
        true,
        false,
      ]);
    },
  );
});

import { afterAll, beforeAll, expect, it } from 'vitest';
import { startSandbox, type Sandbox } from '../../../sandbox-org/src/sandbox.ts';
import type { RunRecord } from '../../../foundation/src/domain/record.ts';
import { LocalRunner } from '../../support/local-runner.ts';
import { fieldsByKind, fieldTable, framesOfRunner } from '../../support/what-leaves.ts';

const TIMEOUT = 300_000;
/** Keys of the policy that are denied together. A profile has the number of rows as well. */
const DENIED = [['profile'], ['owners'], ['sampleRows'], ['codeText'], ['profile', 'counts']];
const ALLOWED = Object.fromEntries(DENIED.flat().map((key) => [key, 'allow']));
const GREEDY = {
  includeDDL: true,
  sampleRows: { rows: 2 },
  includeOwners: true,
  profile: { maxApiCalls: 5 },
};
const FRAMES = [
  'HelloStatement',
  'Heartbeat',
  'AuditHead',
  'KeyProposal',
  'Progress',
  'Accept',
  'Reject',
  'Batch',
];

let sandbox: Sandbox;
let runner: LocalRunner;

beforeAll(async () => {
  sandbox = await startSandbox({ objects: 30 });
  runner = await LocalRunner.install(sandbox);
}, TIMEOUT);
afterAll(async () => {
  runner.close();
  await sandbox.close();
}, TIMEOUT);

async function recordsUnder(salesforce: object): Promise<readonly RunRecord[]> {
  const rule = {
    ref: '/salesforce/*',
    connector: 'salesforce',
    fields: ['password', 'securityToken'],
    hosts: [`${sandbox.myDomain}.salesforce.com`],
  };
  runner.place.file('policy.yaml', JSON.stringify({ version: 1, salesforce, secrets: [rule] }));
  const { outcome, records, stderr } = await runner.ingest(runner.workflow({}, GREEDY));
  expect(outcome, stderr).toMatchObject({ status: 'success' });
  return records;
}

type Withheld = ReadonlyMap<string, ReadonlyMap<string, string>>;

function document(all: readonly RunRecord[], withheld: Withheld): string {
  const kinds = [...fieldsByKind(all)].map(
    ([kind, fields]) => `### ${kind}\n\n${fieldTable(fields, withheld.get(kind))}`,
  );
  const frames = [...framesOfRunner(FRAMES)].map(
    ([name, fields]) => `### ${name}\n\n${fieldTable(fields)}`,
  );
  return `${INTRODUCTION}\n${kinds.join('\n')}\n${FRAME_INTRODUCTION}\n${frames.join('\n')}`;
}

const INTRODUCTION = `# What leaves the network

Generated from recorded runs of the Salesforce connector against the emulator in this repository; \`npm run docs:what-leaves\` makes it
again, and a test fails if a field is missing here. All of it goes to the control plane (or into the file of \`ingest\`), after
[redaction](secrets.md#redaction). Where else the runner connects to is in [egress.md](egress.md).

The first run asked for everything under a policy that allows it. Each further run had one key of the [policy](policy.md#all-keys)
set to \`deny\`, and one had both \`profile\` and \`counts\`; the last column names the key that withholds a field. \`salesforce.metadata: deny\` withholds all of it.
\`[]\` stands for the elements of a list, \`*\` for a name in the data. A run with failures also has records of kind \`failure\`: the name
of the object, and code, message and remedy of the [error](errors.md). A connection test has a record of kind \`step\` for each step.

## Records
`;
const FRAME_INTRODUCTION = `## Frames

Records travel in batches. The other frames of a runner say who it is and what it is doing; [protocol.md](protocol.md) explains
each. \`Hello\` is a signed HelloStatement.
`;

it(
  'lists every field that leaves, with the key of the policy that withholds it',
  async () => {
    const all = await recordsUnder(ALLOWED);
    const kinds = fieldsByKind(all);
    const withheld = new Map([...kinds.keys()].map((kind) => [kind, new Map<string, string>()]));
    for (const keys of DENIED) {
      const denied = Object.fromEntries(keys.map((key) => [key, 'deny']));
      const left = fieldsByKind(await recordsUnder({ ...ALLOWED, ...denied }));
      const names = keys.map((key) => `\`${key}\``).join(' with ');
      for (const [kind, fields] of kinds)
        for (const field of fields.keys())
          if (left.get(kind)?.has(field) !== true && withheld.get(kind)?.has(field) !== true)
            withheld.get(kind)!.set(field, names);
    }
    const named = [...withheld.values()].flatMap((fields) => [...fields.values()]);
    expect(new Set(named).size).toBe(DENIED.length);
    await expect(document(all, withheld)).toMatchFileSnapshot('../../../docs/what-leaves.md');
  },
  TIMEOUT,
);

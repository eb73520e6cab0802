import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';
import { JOB_KINDS } from '../../../foundation/src/domain/job.ts';
import { parseEndpoint } from '../../../foundation/src/network/endpoint.ts';
import { RunnerError } from '../../../foundation/src/runtime/errors.ts';
import { deny, type Decision } from '../../policy/decision.ts';
import type { Policy } from '../../policy/policy.ts';
import { parseReference } from '../../secrets/reference.ts';
import { DATA, type ExplainedJob } from '../../worker/explain-job.ts';
import { LIMIT_NAMES } from '../../worker/explain-limits.ts';
import { explainFile, isAllowed, placeOf } from './explain.ts';

const BEYOND_METADATA = ['profile', 'owners', 'sampleRows', 'codeText'] as const;

const secretSchema = z.strictObject({
  reference: z.string().refine((text) => parseReference(text) !== undefined, 'is not a reference'),
  connector: z.string().min(1),
  field: z.string().min(1),
  host: z.string().min(1),
  user: z.string().optional(),
  client: z.string().optional(),
  audience: z.string().optional(),
  organization: z.string().optional(),
});

const expectationSchema = z
  .strictObject({
    name: z.string().min(1),
    workflow: z.string().optional(),
    secret: secretSchema.optional(),
    kind: z.enum(JOB_KINDS).default('metadata'),
    at: z.iso.datetime({ offset: true }).optional(),
    expect: z.enum(['allowed', 'denied']),
    rule: z.string().optional(),
    leaves: z.array(z.enum(BEYOND_METADATA)).optional(),
    withheld: z.array(z.enum(DATA)).optional(),
    limits: z.partialRecord(z.enum(LIMIT_NAMES), z.union([z.number(), z.string()])).optional(),
  })
  .refine(({ workflow, secret }) => (workflow === undefined) !== (secret === undefined), {
    message: 'needs either "workflow" or "secret"',
  });
const fileSchema = z.strictObject({ tests: z.array(expectationSchema).min(1) });

export type Expectation = z.infer<typeof expectationSchema>;

export interface Verdict {
  readonly name: string;
  readonly passed: boolean;
  readonly expected: string;
  readonly actual: string;
}

/** Throws FILE_UNREADABLE, and INPUT_INVALID with all problems. */
export async function readExpectations(file: string): Promise<readonly Expectation[]> {
  const text = await readFile(file, 'utf8').catch((thrown: unknown) => {
    throw new RunnerError('FILE_UNREADABLE', `failed to read ${file}`, { cause: thrown });
  });
  const result = fileSchema.safeParse(parseYaml(text, file));
  if (result.success) return result.data.tests;
  const problems = result.error.issues.map(
    ({ path, message }) => `${path.join('.') || 'the document'}: ${message}`,
  );
  throw new RunnerError('INPUT_INVALID', `${file} is not valid: ${problems.join('; ')}`, {
    remedy: 'docs/policy.md shows a file of expected decisions.',
  });
}

function parseYaml(text: string, file: string): unknown {
  try {
    return parse(text, { maxAliasCount: 20 });
  } catch (thrown) {
    throw new RunnerError('INPUT_INVALID', `${file} is not valid YAML`, { cause: thrown });
  }
}

/** `file` is that of the expectation: workflows are relative to it. */
export async function judge(
  expectation: Expectation,
  { policy, file, now }: { readonly policy: Policy; readonly file: string; readonly now: number },
): Promise<Verdict> {
  const { name, workflow, kind, at, expect, rule } = expectation;
  const time = at === undefined ? now : Date.parse(at);
  const job: ExplainedJob =
    workflow === undefined
      ? aboutSecret(secretDecision(expectation, policy, time))
      : await explainFile(policy, resolve(dirname(file), workflow), kind, time);
  const { decision } = job.access.find((each) => !each.decision.allowed) ?? job.access.at(-1)!;
  const word = isAllowed(job) ? 'allowed' : 'denied';
  const facets = [...leavesFacets(expectation, job), ...limitFacets(expectation, job)];
  return {
    name,
    passed:
      word === expect &&
      (rule === undefined || decision.rule === rule) &&
      facets.every(({ expected, actual }) => expected === actual),
    expected: [
      rule === undefined ? expect : `${expect} by ${rule}`,
      ...facets.map(({ expected }) => expected),
    ].join(', '),
    actual: [
      `${word} by ${placeOf(decision.rule, policy)}`,
      ...facets.map(({ actual }) => actual),
    ].join(', '),
  };
}

/** One more thing that a test expects, as it is shown. */
interface Facet {
  readonly expected: string;
  readonly actual: string;
}

function leavesFacets({ leaves, withheld }: Expectation, job: ExplainedJob): Facet[] {
  const left = job.leaves.filter(({ decision }) => decision.allowed).map(({ about }) => about[1]!);
  const beyond = left.filter((data) => BEYOND_METADATA.some((each) => each === data));
  const kept = withheld?.filter((data) => !left.includes(data));
  return [
    ...(leaves === undefined ? [] : [facet('leaves', leaves, beyond)]),
    ...(withheld === undefined ? [] : [facet('withheld', withheld, kept ?? [])]),
  ];
}

function facet(name: string, expected: readonly string[], actual: readonly string[]): Facet {
  const show = (list: readonly string[]): string => `${name}: [${list.toSorted().join(', ')}]`;
  return { expected: show(expected), actual: show(actual) };
}

/** Of several rules, the narrowest counts. */
function limitFacets({ limits = {} }: Expectation, job: ExplainedJob): Facet[] {
  return Object.entries(limits).map(([name, expected]) => {
    const found = job.limits.filter((limit) => limit.name === name).map(({ value }) => value);
    const actual = found.toSorted((a, b) => Number(a) - Number(b))[0] ?? 'none';
    return { expected: `${name}: ${expected}`, actual: `${name}: ${actual}` };
  });
}

function aboutSecret(decision: Decision): ExplainedJob {
  return { access: [{ about: [], decision }], leaves: [], limits: [] };
}

function secretDecision({ secret, kind }: Expectation, policy: Policy, now: number): Decision {
  const path = parseReference(secret?.reference ?? '');
  if (secret === undefined || path === undefined) return deny('built in', 'not a reference');
  const { connector, field, host, user, client, audience, organization } = secret;
  const named = organization === undefined ? undefined : [organization];
  const account = { user, client, audience, organization: named };
  const endpoint = parseEndpoint(/:\d+$/.test(host) ? host : `${host}:443`);
  return policy.secretPermitted({ path, field, connector, kind, account, hosts: [endpoint], now });
}

import { JOB_KINDS, type JobKind } from '../../../foundation/src/domain/job.ts';
import { systemClock } from '../../../foundation/src/runtime/clock.ts';
import { RunnerError } from '../../../foundation/src/runtime/errors.ts';
import { loadConnectors } from '../../connectors/registry.ts';
import { openPolicy } from '../../policy/open-policy.ts';
import type { Policy } from '../../policy/policy.ts';
import { connectorFor } from '../../worker/connector-choice.ts';
import { explainJob, type Explained, type ExplainedJob } from '../../worker/explain-job.ts';
import { parseJobDocument } from '../../worker/job-document.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { loadSettings, requireFlag, type Invocation } from '../invocation.ts';
import { readWorkflowFile } from '../local/workflow-file.ts';
import { actAsOwner } from '../ownership.ts';
import { policySource } from '../policy-source.ts';

/** Shows what the policy decides about a workflow, and the line that decided each part. */
export async function explain(invocation: Invocation): Promise<ExitCode> {
  const { flags, terminal } = invocation;
  const file = requireFlag(flags, 'workflow');
  const kind = parseKind(flags.get('kind'));
  const { config } = await loadSettings(invocation);
  actAsOwner(config.stateDir);
  const policy = await openPolicy(policySource(config));
  const job = await explainFile(policy, file, kind, systemClock.now());
  const allowed = isAllowed(job);
  terminal.document(
    {
      policyFile: config.policyFile,
      kind,
      allowed,
      access: job.access.map((each) => toJson(each, policy)),
      leaves: job.leaves.map((each) => toJson(each, policy)),
      limits: job.limits.map((each) => ({ ...each, line: policy.lineOf(each.rule) ?? null })),
    },
    [
      `${allowed ? 'allowed' : 'denied'}: ${kind} with ${file}, by ${config.policyFile}`,
      ...treeOf(job.access, policy),
      'may leave to the control plane, where a job asks for it:',
      ...treeOf(job.leaves, policy),
      'limits:',
      ...job.limits.map(
        ({ name, value, rule }) => `  ${name}: ${value} by ${placeOf(rule, policy)}`,
      ),
    ].join('\n'),
  );
  return allowed ? EXIT.ok.code : EXIT.denied.code;
}

/** Throws the errors of a workflow file that cannot be read. */
export async function explainFile(
  policy: Policy,
  file: string,
  kind: JobKind,
  now: number,
): Promise<ExplainedJob> {
  const { document, workflow } = parseJobDocument((await readWorkflowFile(file)).text);
  const connector = connectorFor(workflow, await loadConnectors());
  return explainJob({ policy, kind, document, workflow, connector, now });
}

export function isAllowed({ access }: ExplainedJob): boolean {
  return access.every(({ decision }) => decision.allowed);
}

export function parseKind(text: string | true | undefined): JobKind {
  const kind = JOB_KINDS.find((each) => each === (text ?? 'metadata'));
  if (kind !== undefined) return kind;
  throw new RunnerError('USAGE', `--kind must be one of ${JOB_KINDS.join(', ')}`);
}

function toJson({ about, decision }: Explained, policy: Policy): object {
  return { about, ...decision, line: policy.lineOf(decision.rule) ?? null };
}

/** Each part is indented below the whole; what has the same whole is below it once. */
function treeOf(explained: readonly Explained[], policy: Policy): string[] {
  const lines: string[] = [];
  let above: readonly string[] = [];
  for (const { about, decision } of explained) {
    const parents = about.slice(0, -1);
    if (parents.join('\n') !== above.join('\n'))
      lines.push(...parents.map((parent, depth) => `${'  '.repeat(depth + 1)}${parent}`));
    above = parents;
    const word = decision.allowed ? 'allowed' : 'denied';
    const reason = decision.allowed ? '' : `: ${decision.reason}`;
    const place = placeOf(decision.rule, policy);
    lines.push(`${'  '.repeat(about.length)}${about.at(-1)!}: ${word} by ${place}${reason}`);
  }
  return lines;
}

/** `secrets[0].users (line 12)` */
export function placeOf(rule: string, policy: Policy): string {
  const line = policy.lineOf(rule);
  if (line !== undefined) return `${rule} (line ${line})`;
  return rule === 'built in' || rule.startsWith('no ') ? rule : `${rule} (not in the file)`;
}

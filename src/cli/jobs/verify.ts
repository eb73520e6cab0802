import { readFile } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import { systemClock } from '../../../foundation/src/runtime/clock.ts';
import { RunnerError } from '../../../foundation/src/runtime/errors.ts';
import { publicIdentity } from '../../link/enrollment/identity.ts';
import { openPolicy } from '../../policy/open-policy.ts';
import { audiencesOf, verifyJob } from '../../policy/signatures/verify.ts';
import { parseJobDocument } from '../../worker/job-document.ts';
import { loadSettings, requireFlag, type Invocation } from '../invocation.ts';
import { readWorkflowFile } from '../local/workflow-file.ts';
import { actAsOwner } from '../ownership.ts';
import { parseKind } from '../policy/explain.ts';
import { policySource } from '../policy-source.ts';

/** Tells whether this runner would accept a signature. Throws the codes of signatures. */
export async function verify(invocation: Invocation): Promise<void> {
  const { flags, terminal } = invocation;
  const kind = parseKind(flags.get('kind'));
  const { document } = parseJobDocument(
    (await readWorkflowFile(requireFlag(flags, 'workflow'))).text,
  );
  const signature = await readSignature(requireFlag(flags, 'signature'), invocation);
  const { config } = await loadSettings(invocation);
  actAsOwner(config.stateDir);
  const { signing: rules } = await openPolicy(policySource(config));
  const fingerprint = await fingerprintIn(config.stateDir);
  const audiences = audiencesOf({ rules, fingerprint });
  terminal.notice(`Audiences of this runner: ${audiences.join(', ') || 'none'}`);
  const verifier = { rules, fingerprint, now: systemClock.now() };
  const found = verifyJob({ kind, document, signature }, verifier);
  terminal.result(
    { ...found, kind, mode: rules.mode, audiences },
    `"${found.name}" is signed by the key ${found.key} (${found.keyId}), and matches the workflow`,
  );
  if (rules.mode !== 'required')
    terminal.notice(`jobs.signatures of ${config.policyFile} is ${rules.mode}.`);
}

async function readSignature(file: string, { terminal }: Invocation): Promise<string> {
  try {
    return (file === '-' ? await text(terminal.stdin) : await readFile(file, 'utf8')).trim();
  } catch (thrown) {
    throw new RunnerError('FILE_UNREADABLE', `failed to read ${file}`, { cause: thrown });
  }
}

/** Undefined on a machine that is not enrolled: only pools count there. */
async function fingerprintIn(stateDir: string): Promise<string | undefined> {
  try {
    return (await publicIdentity(stateDir)).fingerprint;
  } catch (thrown) {
    if (RunnerError.from(thrown).code === 'NOT_ENROLLED') return undefined;
    throw thrown;
  }
}

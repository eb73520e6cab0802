import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { chmod, chown, readFile, realpath, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { replaceFile } from '../../../foundation/src/runtime/atomic-write.ts';
import { systemClock } from '../../../foundation/src/runtime/clock.ts';
import { canonicalJson } from '../../../foundation/src/runtime/canonical-json.ts';
import { RunnerError } from '../../../foundation/src/runtime/errors.ts';
import { type FileLock, waitForFileLock } from '../../../foundation/src/runtime/file-lock.ts';
import { nodeDisk } from '../../../foundation/src/runtime/node-disk.ts';
import { systemProcesses } from '../../../foundation/src/runtime/processes.ts';
import { systemRandom } from '../../../foundation/src/runtime/random.ts';
import { openAuditTrail } from '../../audit/open.ts';
import type { RunnerConfig } from '../../config/runner-config.ts';
import { parsePolicy } from '../../policy/parse-policy.ts';
import { withRules } from '../../policy/proposals/amend.ts';
import type { Proposal } from '../../policy/proposals/proposals.ts';
import { loadSettings, type Invocation } from '../invocation.ts';
import { actAsOwner, asOwner, belongsToOwner } from '../ownership.ts';
import { policySource } from '../policy-source.ts';
import { readDenied } from './denied.ts';
import { systemUser, type SystemUser } from '../system-user.ts';

/**
 * Adds proposed rules to the policy file. An id stands for the rule that `policy propose` has
 * shown, so nothing that was denied since can take its place.
 */
export async function approve(invocation: Invocation): Promise<void> {
  const { operands, env, interrupts } = invocation;
  if (operands.length === 0) throw new RunnerError('USAGE', 'the id of a proposal is missing');
  const { config } = await loadSettings(invocation);
  const { policyFile, stateDir } = config;
  const person = systemUser(env);
  if (belongsToOwner(policyFile, stateDir)) actAsOwner(stateDir);
  const lock = await asOwner(stateDir, () => lockPolicy(stateDir, interrupts.signal));
  try {
    await approveLocked(invocation, config, person);
  } finally {
    await asOwner(stateDir, () => lock.release());
  }
}

/** Two commands at once would each lose what the other adds. Throws STATE_LOCKED. */
async function lockPolicy(stateDir: string, signal: AbortSignal): Promise<FileLock> {
  const directory = join(stateDir, 'policy');
  // A state directory that root made could not be used by the service.
  if (!existsSync(stateDir)) throw noProposal();
  await nodeDisk.makeDirectory(directory);
  return waitForFileLock({
    path: join(directory, 'approve.lock'),
    what: 'the policy file to approve a proposal',
    processes: systemProcesses,
    clock: systemClock,
    patienceMs: 10_000,
    signal,
  });
}

async function approveLocked(
  { operands, terminal }: Invocation,
  config: RunnerConfig,
  person: SystemUser,
): Promise<void> {
  const { policyFile, stateDir } = config;
  const { text, proposals } = await asOwner(stateDir, () => readDenied(config));
  const chosen = operands.map((id) => chosenBy(id, proposals));
  const changed = withRules(
    text,
    chosen.map(({ rule }) => rule),
  );
  parsePolicy(changed, policySource(config));
  const approved = chosen.map(({ id }) => id);
  const rules = chosen.map(({ rule }) => canonicalJson(rule));
  const change = { from: sha256(text), to: sha256(changed), approved, rules };
  await asOwner(stateDir, () =>
    openAuditTrail(stateDir).record({ event: 'policyApproved', ...change, ...person }),
  );
  await replacePolicy(policyFile, text, changed);
  terminal.result(
    { policyFile, ...change },
    [`Added to ${policyFile}, for the next job:`, ...rules].join('\n'),
  );
}

function chosenBy(id: string, proposals: readonly Proposal[]): Proposal {
  const found = proposals.find((proposal) => proposal.id === id);
  if (found !== undefined) return found;
  throw noProposal();
}

function noProposal(): RunnerError {
  return new RunnerError('INPUT_INVALID', 'there is no proposal with this id', {
    remedy: 'Run `hybrid-runner policy propose` to see all proposals.',
  });
}

/**
 * Owner and mode stay as they are, and links lead to the same file. An edit that somebody has made
 * meanwhile is not undone.
 */
async function replacePolicy(policyFile: string, before: string, after: string): Promise<void> {
  try {
    const path = await realpath(policyFile);
    const { mode, uid, gid } = await stat(path);
    await replaceFile(nodeDisk, path, after, {
      temporary: `${path}.${systemRandom.uuid()}`,
      beforeRename: async (temporary) => {
        await chmod(temporary, mode & 0o777);
        await chown(temporary, uid, gid);
        if ((await readFile(path, 'utf8')) !== before)
          throw new RunnerError('FILE_UNWRITABLE', `${policyFile} was changed meanwhile`, {
            remedy: 'Run `hybrid-runner policy propose` again.',
          });
      },
    });
  } catch (thrown) {
    throw RunnerError.from(thrown, 'FILE_UNWRITABLE');
  }
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

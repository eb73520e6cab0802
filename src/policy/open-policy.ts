import { errorFields } from '../../foundation/src/runtime/error-fields.ts';
import type { Logger } from '../../foundation/src/logging/logger.ts';
import { overlap } from '../../foundation/src/runtime/directory-overlap.ts';
import { RunnerError } from '../../foundation/src/runtime/errors.ts';
import { readTrustedFile } from '../../foundation/src/runtime/trusted-file.ts';
import { noPolicy } from './no-policy.ts';
import { parsePolicy, policyInvalid, type PolicySource } from './parse-policy.ts';
import type { Policy } from './policy.ts';
import type { SecretDirectory } from './secret-directory.ts';
import { readSettled, type Waiting } from './settled-file.ts';

const MAX_BYTES = 1024 * 1024;

/**
 * Reads the customer's policy file. Without a file everything is denied. Every attempt reads the
 * file again, so an edit needs no restart. Throws POLICY_INVALID with all problems at once,
 * FILE_UNSAFE when others can change the file, and FILE_UNREADABLE.
 */
export async function openPolicy(source: PolicySource): Promise<Policy> {
  return policyOf(await readText(source), source);
}

function policyOf(text: string | undefined, source: PolicySource): Policy {
  return text === undefined ? noPolicy(source.file) : parsePolicy(text, source);
}

async function readText({ file }: PolicySource): Promise<string | undefined> {
  const bytes = await readTrustedFile(file, { kind: 'trusted', maxBytes: MAX_BYTES });
  return bytes?.toString('utf8');
}

/** A policy, and the text that it was read from. */
export interface PolicyWithText {
  readonly policy: Policy;
  readonly text: string;
}

/**
 * Like openPolicy, with two more checks. A missing file is POLICY_MISSING. A files.directory that
 * overlaps one of `secretDirectories`, where references read secrets, is POLICY_INVALID: the path
 * of a file there would be a second name for a secret.
 */
export async function requirePolicy(
  source: PolicySource,
  secretDirectories: readonly SecretDirectory[],
): Promise<Policy> {
  return (await requirePolicyWithText(source, secretDirectories)).policy;
}

/** Like requirePolicy, for who changes the file: the text that was checked, from the same read. */
export async function requirePolicyWithText(
  source: PolicySource,
  secretDirectories: readonly SecretDirectory[],
): Promise<PolicyWithText> {
  const { file } = source;
  const text = await readText(source);
  if (text === undefined)
    throw new RunnerError('POLICY_MISSING', `no policy file at ${file}; every job is rejected`);
  const policy = parsePolicy(text, source);
  await assertApart(policy, file, secretDirectories);
  return { policy, text };
}

async function assertApart(
  { filesDirectory }: Policy,
  file: string,
  secretDirectories: readonly SecretDirectory[],
): Promise<void> {
  if (filesDirectory === undefined) return;
  for (const { setting, path } of secretDirectories)
    if (await overlap(filesDirectory, path))
      throw policyInvalid(file, [
        `files.directory: ${filesDirectory} overlaps ${setting} of the configuration, ${path}; keep files that jobs name in another directory`,
      ]);
}

/**
 * Like openPolicy, for errors that can reach a control plane: only the local log gets the problems
 * of the file.
 */
export function openPolicyForOffer(source: PolicySource, audit: Logger): Promise<Policy> {
  return withoutProblems(() => openPolicy(source), audit);
}

/**
 * Like openPolicyForOffer, for what the job then does: waits for a file that is being changed, see
 * readSettled.
 */
export function openPolicyForJob(
  source: PolicySource,
  audit: Logger,
  waiting: Waiting,
): Promise<Policy> {
  return withoutProblems(async () => {
    const text = await readSettled(source.file, () => readText(source), waiting);
    return policyOf(text, source);
  }, audit);
}

async function withoutProblems(open: () => Promise<Policy>, audit: Logger): Promise<Policy> {
  try {
    return await open();
  } catch (thrown) {
    audit.log('error', 'policy cannot be used; every job will be rejected', {
      event: 'audit',
      ...errorFields(thrown),
    });
    throw new RunnerError(
      'POLICY_INVALID',
      'the local policy cannot be used; the runner log has the reason',
      { cause: thrown },
    );
  }
}

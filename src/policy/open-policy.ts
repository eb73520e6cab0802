import { parseDocument } from 'yaml';
import type { z } from 'zod';
import type { Logger } from '../observability/logger.ts';
import { overlap } from '../runtime/directory-overlap.ts';
import { RunnerError } from '../runtime/errors.ts';
import { readTrustedFile } from '../runtime/trusted-file.ts';
import { compilePolicy, type Denied, type Policy } from './policy.ts';
import { policySchema } from './schema.ts';

const MAX_BYTES = 1024 * 1024;

/**
 * Reads the customer's policy file. Without a file everything is denied. Throws POLICY_INVALID with all problems at
 * once, FILE_UNSAFE when others could change the file, FILE_UNREADABLE. Read anew for each attempt, so that an edit
 * needs no restart.
 */
export async function openPolicy(file: string): Promise<Policy> {
  const bytes = await readTrustedFile(file, { kind: 'trusted', maxBytes: MAX_BYTES });
  return bytes === undefined ? denyEverything(file) : parsePolicy(bytes.toString('utf8'), file);
}

/**
 * As openPolicy, but a missing file is POLICY_MISSING, and a directory of files that overlaps the one where references read
 * secrets (`secrets.files.directory` of the configuration) is POLICY_INVALID: a file there would have a path as a second name.
 */
export async function requirePolicy(
  file: string,
  secretsDirectory: string | undefined,
): Promise<Policy> {
  const policy = await openPolicy(file);
  if (policy.describe()['present'] === false)
    throw new RunnerError(
      'POLICY_MISSING',
      `there is no policy file at ${file}, so every job would be refused`,
    );
  const { filesDirectory } = policy;
  if (
    filesDirectory !== undefined &&
    secretsDirectory !== undefined &&
    (await overlap(filesDirectory, secretsDirectory))
  ) {
    throw invalid(file, [
      `files.directory: ${filesDirectory} overlaps secrets.files.directory of the configuration, ${secretsDirectory}; keep files that jobs name in a directory of their own`,
    ]);
  }
  return policy;
}

/**
 * As openPolicy, for errors that may reach a control plane: what is wrong with the file goes to the local log, and the
 * error has no word of it.
 */
export async function openPolicyForJob(file: string, audit: Logger): Promise<Policy> {
  try {
    return await openPolicy(file);
  } catch (thrown) {
    const { code, message } = RunnerError.from(thrown);
    audit.log('error', 'the policy cannot be used, so nothing is permitted', {
      event: 'audit',
      code,
      reason: message,
    });
    throw new RunnerError(
      'POLICY_INVALID',
      'the local policy cannot be used; the runner log says why',
      { cause: thrown },
    );
  }
}

/** Throws POLICY_INVALID with all problems at once. `file` is for messages. */
export function parsePolicy(text: string, file: string): Policy {
  const document = parseDocument(text, { uniqueKeys: true, prettyErrors: true });
  const syntax = [...document.errors, ...document.warnings].map(({ message }) =>
    message.split('\n')[0]!.replace(/:$/, ''),
  );
  if (syntax.length > 0) throw invalid(file, syntax);
  const result = policySchema.safeParse(toPlain(document, file));
  if (!result.success) throw invalid(file, result.error.issues.map(describeIssue));
  return compilePolicy(result.data, file);
}

function toPlain(document: ReturnType<typeof parseDocument>, file: string): unknown {
  try {
    return document.toJS({ maxAliasCount: 20 }) as unknown;
  } catch (thrown) {
    throw invalid(file, [RunnerError.from(thrown).message]);
  }
}

function describeIssue({ path, message }: z.core.$ZodIssue): string {
  const where = path
    .map((part) => (typeof part === 'number' ? `[${part}]` : `.${String(part)}`))
    .join('')
    .replace(/^\./, '');
  return where === '' ? message : `${where}: ${message}`;
}

function invalid(file: string, problems: readonly string[]): RunnerError {
  return new RunnerError(
    'POLICY_INVALID',
    `${file} has ${problems.length === 1 ? 'a problem' : `${problems.length} problems`}:\n${problems.map((problem) => `  - ${problem}`).join('\n')}`,
  );
}

function denyEverything(file: string): Policy {
  const decision: Denied = {
    allowed: false,
    rule: 'no policy file',
    reason:
      'there is no policy file, so nothing is permitted; docs/policy.md shows how to write one',
  };
  const deny = (): Denied => decision;
  return {
    checkJob: deny,
    secretPermitted: deny,
    plainTextPermitted: deny,
    filePermitted: deny,
    filesDirectory: undefined,
    hostPermitted: deny,
    namesHost: () => false,
    addressPermitted: deny,
    limits: {
      reservePercent: 100,
      sampleRows: false,
      codeText: 'deny',
      profile: 'deny',
      owners: 'deny',
      maxApiCallsPerRun: undefined,
    },
    describe: () => ({ file, present: false }),
  };
}

import { createHash } from 'node:crypto';
import { parseDocument } from 'yaml';
import type { z } from 'zod';
import { RunnerError } from '../../foundation/src/runtime/errors.ts';
import { compilePolicy } from './compile-policy.ts';
import type { Policy } from './policy.ts';
import { locateRules } from './rule-lines.ts';
import { policySchema } from './schema.ts';

/** What the text of a policy file is read with. */
export interface PolicySource {
  /** The path of the file, for messages. */
  readonly file: string;
  /** Types of the connectors that the file can set limits for. */
  readonly connectors: readonly string[];
}

/** Throws POLICY_INVALID with all problems at once. */
export function parsePolicy(text: string, { file, connectors }: PolicySource): Policy {
  const result = policySchema(connectors).safeParse(parseYaml(text, file));
  if (!result.success) throw policyInvalid(file, result.error.issues.map(formatIssue));
  return compilePolicy(result.data, file, {
    lineOf: locateRules(text),
    fingerprint: createHash('sha256').update(text).digest('hex'),
  });
}

export function policyInvalid(file: string, problems: readonly string[]): RunnerError {
  const count = problems.length === 1 ? 'a problem' : `${problems.length} problems`;
  const lines = problems.map((problem) => `\n  - ${problem}`).join('');
  return new RunnerError('POLICY_INVALID', `${file} has ${count}:${lines}`);
}

function parseYaml(text: string, file: string): unknown {
  const document = parseDocument(text, { uniqueKeys: true, prettyErrors: true });
  const problems = [...document.errors, ...document.warnings].map(({ message }) =>
    message.split('\n')[0]!.replace(/:$/, ''),
  );
  if (problems.length > 0) throw policyInvalid(file, problems);
  try {
    return document.toJS({ maxAliasCount: 20 }) as unknown;
  } catch (thrown) {
    throw policyInvalid(file, [RunnerError.from(thrown).message]);
  }
}

/** `secrets[0].ref: message` */
function formatIssue({ path, message }: z.core.$ZodIssue): string {
  const place = path
    .map((part) => (typeof part === 'number' ? `[${part}]` : `.${String(part)}`))
    .join('')
    .replace(/^\./, '');
  return place === '' ? message : `${place}: ${message}`;
}

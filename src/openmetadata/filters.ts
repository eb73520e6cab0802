import { RE2JS } from 're2js';
import { RunnerError } from '../runtime/errors.ts';
import type { FilterPattern } from './workflow.ts';

const MAX_PATTERNS = 200;
const MAX_LENGTH = 1024;

/** Whether a name passes. */
export type Filter = (name: string) => boolean;

/**
 * A filterPattern as OpenMetadata's ingestion reads it: each pattern is matched at the start of the name, not to its
 * end, without regard to case; a name passes when some include matches (or there is none) and no exclude does. The
 * expressions are RE2's: time grows with the length of the name alone, look-around and back-references are refused.
 * Throws JOB_INVALID naming the field and the pattern.
 */
export function compileFilter(pattern: FilterPattern | null | undefined, field: string): Filter {
  const includes = compileAll(pattern?.includes ?? [], `${field}.includes`);
  const excludes = compileAll(pattern?.excludes ?? [], `${field}.excludes`);
  return (name) =>
    (includes.length === 0 || includes.some((matches) => matches(name))) &&
    !excludes.some((matches) => matches(name));
}

function compileAll(patterns: readonly string[], field: string): Filter[] {
  if (patterns.length > MAX_PATTERNS)
    throw new RunnerError(
      'JOB_INVALID',
      `${field} has ${patterns.length} patterns; at most ${MAX_PATTERNS} are taken`,
    );
  return patterns.map((pattern) => compile(pattern, field));
}

function compile(pattern: string, field: string): Filter {
  if (pattern.length > MAX_LENGTH)
    throw new RunnerError(
      'JOB_INVALID',
      `${field} has a pattern of ${pattern.length} characters; at most ${MAX_LENGTH} are taken`,
    );
  try {
    const expression = RE2JS.compile(pattern, RE2JS.CASE_INSENSITIVE);
    return (name) => expression.matcher(name).lookingAt();
  } catch (thrown) {
    throw new RunnerError(
      'JOB_INVALID',
      `${field}: ${JSON.stringify(pattern)} is not a regular expression that can be used`,
      {
        cause: thrown,
        remedy: 'Use RE2 syntax: no look-around, no back-references.',
      },
    );
  }
}

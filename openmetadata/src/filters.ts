import { RE2JS } from 're2js';
import { RunnerError } from '../../foundation/src/runtime/errors.ts';
import type { FilterPattern } from './workflow.ts';

const MAX_PATTERNS = 200;
const MAX_LENGTH = 1024;

/** Whether a name passes the filter. */
export type Filter = (name: string) => boolean;

/**
 * Compiles a filterPattern with the semantics of OpenMetadata's ingestion: patterns match at the
 * start of the name, not necessarily to its end, ignoring case. A name passes if any include
 * matches (or none is given) and no exclude does. Patterns are RE2 expressions, whose time is
 * linear in the name; look-around and backreferences are rejected. Throws JOB_INVALID with the
 * field and the pattern.
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
      `${field} has ${patterns.length} patterns; at most ${MAX_PATTERNS} are allowed`,
    );
  return patterns.map((pattern) => compile(pattern, field));
}

function compile(pattern: string, field: string): Filter {
  if (pattern.length > MAX_LENGTH)
    throw new RunnerError(
      'JOB_INVALID',
      `${field} has a pattern of ${pattern.length} characters; at most ${MAX_LENGTH} are allowed`,
    );
  try {
    const expression = RE2JS.compile(pattern, RE2JS.CASE_INSENSITIVE);
    return (name) => expression.matcher(name).lookingAt();
  } catch (thrown) {
    throw new RunnerError(
      'JOB_INVALID',
      `${field}: ${JSON.stringify(pattern)} is not a supported regular expression`,
      {
        cause: thrown,
        remedy: 'Use RE2 syntax, without look-around and backreferences.',
      },
    );
  }
}

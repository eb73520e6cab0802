import { RE2JS } from 're2js';
import type { Sweep } from './catalog-record.ts';

type Test = (fqn: string) => boolean;

/**
 * Returns the test for removed entities of the parent; undefined for an implausible sweep. Linear
 * in the length of a name.
 */
export function removalTest({ keep, after, upTo, among }: Sweep): Test | undefined {
  // An empty source listing is more likely a fault.
  if (keep.length === 0) return undefined;
  const listed = new Set(keep);
  const isInScope = among === undefined ? () => true : scopeOf(among);
  if (isInScope === undefined) return undefined;
  return (fqn) =>
    !listed.has(fqn) &&
    (after === undefined || fqn > after) &&
    (upTo === undefined || fqn <= upTo) &&
    isInScope(fqn);
}

function scopeOf({
  names,
  includes,
  excludes,
  qualified,
}: NonNullable<Sweep['among']>): Test | undefined {
  const [included, excluded] = [compileAll(includes), compileAll(excludes)];
  if (included === undefined || excluded === undefined) return undefined;
  const known = names === undefined ? undefined : new Set(names.map((name) => name.toLowerCase()));
  return (fqn) => {
    const name = ownName(fqn);
    const subject = qualified ? fqn : name;
    if (known !== undefined && !known.has(name.toLowerCase())) return false;
    return (
      (included.length === 0 || included.some((matches) => matches(subject))) &&
      !excluded.some((matches) => matches(subject))
    );
  };
}

function compileAll(patterns: readonly string[]): Test[] | undefined {
  try {
    return patterns.map((pattern) => {
      const expression = RE2JS.compile(pattern, RE2JS.CASE_INSENSITIVE);
      return (subject) => expression.matcher(subject).lookingAt();
    });
  } catch {
    return undefined;
  }
}

/** The last part of a fully qualified name, without quotes. */
function ownName(fqn: string): string {
  const part = /(?:^|\.)(?<part>"(?:[^"\\]|\\.|"")*"|[^."]*)$/s.exec(fqn)?.groups?.['part'] ?? fqn;
  return part.startsWith('"') ? part.slice(1, -1) : part;
}

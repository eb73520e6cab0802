import { RE2JS } from 're2js';
import type { Sweep } from './catalog-record.ts';

type Test = (fqn: string) => boolean;

/** Tells which entities of the parent are gone; undefined for a sweep that is not to be believed. Linear in the length of a name. */
export function isGone({ keep, after, upTo, among }: Sweep): Test | undefined {
  // A source without anything is more likely a fault than a fact.
  if (keep.length === 0) return undefined;
  const kept = new Set(keep);
  const within = among === undefined ? () => true : scopeOf(among);
  if (within === undefined) return undefined;
  return (fqn) =>
    !kept.has(fqn) &&
    (after === undefined || fqn > after) &&
    (upTo === undefined || fqn <= upTo) &&
    within(fqn);
}

function scopeOf({
  names,
  includes,
  excludes,
  qualified,
}: NonNullable<Sweep['among']>): Test | undefined {
  const [wanted, unwanted] = [compileAll(includes), compileAll(excludes)];
  if (wanted === undefined || unwanted === undefined) return undefined;
  const known = names === undefined ? undefined : new Set(names.map((name) => name.toLowerCase()));
  return (fqn) => {
    const name = ownName(fqn);
    const subject = qualified ? fqn : name;
    if (known !== undefined && !known.has(name.toLowerCase())) return false;
    return (
      (wanted.length === 0 || wanted.some((matches) => matches(subject))) &&
      !unwanted.some((matches) => matches(subject))
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

/** The last part of a fully qualified name, without quotes around it. */
function ownName(fqn: string): string {
  const part = /(?:^|\.)(?<part>"(?:[^"\\]|\\.|"")*"|[^."]*)$/s.exec(fqn)?.groups?.['part'] ?? fqn;
  return part.startsWith('"') ? part.slice(1, -1) : part;
}

import type { SweepRecord, SweepScope } from '../../foundation/src/domain/record.ts';
import { compileFilter, type Filter } from './filters.ts';
import { ownNameOf } from './names.ts';

/**
 * Whether an entity of the parent, by its fully qualified name, no longer exists. Throws
 * JOB_INVALID for unsupported patterns.
 */
export function isGone({ keep, after, upTo, among }: SweepRecord): Filter {
  const listed = new Set(keep);
  const isInScope = among === undefined ? undefined : scopeOf(among);
  return (fqn) =>
    !listed.has(fqn) &&
    (after === undefined || fqn > after) &&
    (upTo === undefined || fqn <= upTo) &&
    (isInScope === undefined || isInScope(fqn));
}

function scopeOf({ names, includes = [], excludes = [], qualified = false }: SweepScope): Filter {
  const known = names === undefined ? undefined : new Set(names.map((name) => name.toLowerCase()));
  const passes = compileFilter({ includes: [...includes], excludes: [...excludes] }, 'among');
  return (fqn) => {
    const name = ownNameOf(fqn);
    return (known === undefined || known.has(name.toLowerCase())) && passes(qualified ? fqn : name);
  };
}

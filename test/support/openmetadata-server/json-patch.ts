import { Problem } from './problem.ts';
import type { Json } from './store.ts';

export interface Operation {
  readonly op: string;
  readonly path: string;
  readonly value?: unknown;
}

/**
 * The document with `add`, `replace` and `remove` operations of a JSON patch applied. Throws
 * Problem.
 */
export function applyPatch(document: Json, operations: readonly Operation[]): Json {
  const changed = structuredClone(document);
  for (const operation of operations) apply(changed, operation);
  return changed;
}

/** Applies one operation in place. */
export function apply(document: Json, { op, path, value }: Operation): void {
  const steps = path.slice(1).split('/').map(unescaped);
  const last = steps.pop()!;
  const target = steps.reduce<unknown>((place, step) => (place as Json)[step], document);
  if (typeof target !== 'object' || target === null) throw new Problem(400, `no ${path}`);
  if (op === 'test') {
    if (JSON.stringify((target as Json)[last]) !== JSON.stringify(value))
      throw new Problem(
        500,
        `An exception with message [The JSON Patch operation 'test' failed for path '${path}' and value '${JSON.stringify(value)}'] was thrown while processing request.`,
      );
  } else if (op === 'remove') delete (target as Json)[last];
  else if (op === 'add' || op === 'replace') (target as Json)[last] = value;
  else throw new Problem(400, `"${op}" is not supported here`);
}

function unescaped(step: string): string {
  return step.replaceAll('~1', '/').replaceAll('~0', '~');
}

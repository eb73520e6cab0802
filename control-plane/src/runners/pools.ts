/** Pools: a runner belongs to one, and a service may name the one whose runners take its runs. */

export const DEFAULT_POOL = 'default';

export interface PoolRule {
  /** The name of a service, with * for any characters. */
  readonly service: string;
  readonly pool: string;
}

export interface PoolChoice {
  /** From the path of a call. */
  readonly path: string | null;
  readonly rules: readonly PoolRule[];
  /** Of the endpoint. */
  readonly standard: string | null;
}

/** The pool of a service: that of the path, else of the first matching rule, else the standard. */
export function poolOf(service: string, { path, rules, standard }: PoolChoice): string {
  const rule = rules.find((one) => matches(one.service, service));
  return path ?? rule?.pool ?? standard ?? DEFAULT_POOL;
}

function matches(pattern: string, name: string): boolean {
  const [start = '', ...parts] = pattern.split('*');
  if (parts.length === 0) return name === pattern;
  const end = parts.pop()!;
  if (!name.startsWith(start) || name.length < start.length + end.length || !name.endsWith(end))
    return false;
  let at = start.length;
  for (const part of parts) {
    const found = name.indexOf(part, at);
    if (found < 0) return false;
    at = found + part.length;
  }
  return at <= name.length - end.length;
}

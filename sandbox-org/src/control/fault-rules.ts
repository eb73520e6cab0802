/** The effect of a fault on a response. Times in milliseconds, sizes in bytes. */
export type Effect =
  | {
      readonly kind: 'respond';
      readonly status: number;
      readonly body?: unknown;
      readonly headers?: Readonly<Record<string, string>>;
    }
  | { readonly kind: 'unavailable' }
  | { readonly kind: 'limit-exceeded' }
  | { readonly kind: 'session-expired' }
  /** The object no longer exists: 404, also within a composite. */
  | { readonly kind: 'vanish' }
  | { readonly kind: 'forbid' }
  /** A describe padded to at least this size. */
  | { readonly kind: 'huge-describe'; readonly bytes: number }
  /** A well-formed but incomplete body: members set or removed, a list cut in half. Only for JSON objects. */
  | {
      readonly kind: 'alter';
      readonly set?: Readonly<Record<string, unknown>>;
      readonly without?: string | readonly string[];
      readonly halve?: string;
    }
  | { readonly kind: 'delay'; readonly ms: number }
  /** Sends nothing for this long (forever without `ms`). */
  | { readonly kind: 'stall-headers'; readonly ms?: number }
  /** Stops within the body. */
  | { readonly kind: 'stall-body'; readonly afterBytes?: number; readonly ms?: number }
  | { readonly kind: 'truncate'; readonly afterBytes?: number }
  | { readonly kind: 'not-json' }
  | { readonly kind: 'maintenance' }
  | { readonly kind: 'gzip-bomb'; readonly megabytes: number }
  | { readonly kind: 'redirect'; readonly location: string; readonly status?: number }
  /** Replaces every URL that a client would follow. */
  | { readonly kind: 'hostile-url'; readonly url: string }
  | { readonly kind: 'reset' }
  /** Shifts the server's clock, in the Date header and all modification times, while the rule is installed. */
  | { readonly kind: 'clock-offset'; readonly seconds: number };

/** All conditions must match; a rule without conditions matches every call. */
export interface FaultMatch {
  /** A regular expression over path and query. */
  readonly path?: string;
  readonly method?: string;
  readonly host?: string;
  /** One sObject of the call, or several. */
  readonly object?: string | readonly string[];
  /** Only the n-th matching call (from 1), or every call from the n-th on with `onward`. */
  readonly nth?: number;
  readonly onward?: boolean;
  /** Limit on applications of the rule. */
  readonly times?: number;
  readonly probability?: number;
}

export interface FaultRule {
  readonly match?: FaultMatch;
  readonly effect: Effect;
}

/** A call to match against rules. `level` is `item` for a subrequest of a composite. */
export interface FaultTarget {
  readonly level: 'http' | 'item';
  readonly method: string;
  readonly host: string;
  readonly path: string;
  readonly object: string | null;
}

/** All kinds of effects with their properties, to detect typing errors. */
const MEMBERS: Readonly<Record<Effect['kind'], Readonly<Record<string, Demand>>>> = {
  respond: { status: 'status', body: 'anything', headers: 'headers' },
  unavailable: {},
  'limit-exceeded': {},
  'session-expired': {},
  vanish: {},
  forbid: {},
  'huge-describe': { bytes: 'amount' },
  alter: { set: 'members?', without: 'names?', halve: 'string?' },
  delay: { ms: 'amount' },
  'stall-headers': { ms: 'amount?' },
  'stall-body': { afterBytes: 'amount?', ms: 'amount?' },
  truncate: { afterBytes: 'amount?' },
  'not-json': {},
  maintenance: {},
  'gzip-bomb': { megabytes: 'amount' },
  redirect: { location: 'text', status: 'status?' },
  'hostile-url': { url: 'string' },
  reset: {},
  'clock-offset': { seconds: 'number' },
};

/** Effects on the connection, which a subrequest cannot have. */
export const TRANSPORT = new Set<Effect['kind']>([
  'stall-headers',
  'stall-body',
  'truncate',
  'not-json',
  'maintenance',
  'gzip-bomb',
  'redirect',
  'hostile-url',
  'reset',
]);

type Demand = keyof typeof DEMANDS;
const isString = (value: unknown): boolean => typeof value === 'string';
/** Whether the value is valid in a header. */
const isText = (value: unknown): boolean =>
  typeof value === 'string' && value !== '' && !/[^\x21-\x7e]/.test(value);
const isAmount = (value: unknown): boolean =>
  typeof value === 'number' && Number.isFinite(value) && value >= 0;
/** Whether it is the status of a final response. */
const isStatus = (value: unknown): boolean =>
  Number.isInteger(value) && Number(value) >= 200 && Number(value) <= 599;
const isHeaders = (value: unknown): boolean =>
  typeof value === 'object' &&
  value !== null &&
  Object.entries(value).every(
    ([name, one]) =>
      /^[\w-]+$/.test(name) && typeof one === 'string' && !/[^\t\x20-\x7e]/.test(one),
  );
const orNothing =
  (fits: (value: unknown) => boolean) =>
  (value: unknown): boolean =>
    value === undefined || fits(value);

const DEMANDS = {
  amount: isAmount,
  'amount?': orNothing(isAmount),
  number: Number.isFinite,
  status: isStatus,
  'status?': orNothing(isStatus),
  text: isText,
  string: isString,
  'string?': orNothing(isString),
  'names?': orNothing((value) => [value].flat().every(isString)),
  'members?': orNothing(
    (value) => typeof value === 'object' && value !== null && !Array.isArray(value),
  ),
  'flag?': orNothing((value) => typeof value === 'boolean'),
  headers: orNothing(isHeaders),
  anything: () => true,
} as const satisfies Readonly<Record<string, (value: unknown) => boolean>>;

const MATCH: Readonly<Record<keyof FaultMatch, Demand>> = {
  path: 'string?',
  method: 'string?',
  host: 'string?',
  object: 'names?',
  nth: 'amount?',
  onward: 'flag?',
  times: 'amount?',
  probability: 'amount?',
};

/** The problem of a rule from outside; undefined for a valid rule. */
export function faultIn({
  match = {},
  effect,
}: Readonly<{ match?: unknown; effect?: unknown }>): string | undefined {
  if (typeof match !== 'object' || match === null) return 'match is not an object';
  if (typeof effect !== 'object' || effect === null) return 'effect is not an object';
  const { kind, ...rest } = effect as Readonly<Record<string, unknown>>;
  if (typeof kind !== 'string' || !Object.hasOwn(MEMBERS, kind))
    return `unknown effect: ${String(kind)}`;
  return (
    memberProblem('match', { ...match }, MATCH) ??
    memberProblem(kind, rest, MEMBERS[kind as Effect['kind']])
  );
}

function memberProblem(
  what: string,
  members: Readonly<Record<string, unknown>>,
  demands: Readonly<Record<string, Demand>>,
): string | undefined {
  const unknown = Object.keys(members).find((name) => !Object.hasOwn(demands, name));
  if (unknown !== undefined) return `${what} has no property "${unknown}"`;
  const wrong = Object.entries(demands).find(([name, demand]) => !DEMANDS[demand](members[name]));
  return wrong === undefined ? undefined : `${what} requires a valid "${wrong[0]}"`;
}

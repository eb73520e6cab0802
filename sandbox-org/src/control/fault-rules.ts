/** What a fault does to an answer. Times in milliseconds, sizes in bytes. */
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
  /** The object is gone: 404, also within a composite. */
  | { readonly kind: 'vanish' }
  | { readonly kind: 'forbid' }
  /** A describe padded to at least this size. */
  | { readonly kind: 'huge-describe'; readonly bytes: number }
  /** A body that is well-formed and not whole: members set or taken away, a list without its second half. Bodies that are no object stay. */
  | {
      readonly kind: 'alter';
      readonly set?: Readonly<Record<string, unknown>>;
      readonly without?: string | readonly string[];
      readonly halve?: string;
    }
  | { readonly kind: 'delay'; readonly ms: number }
  /** Nothing is sent for this long (for good without `ms`). */
  | { readonly kind: 'stall-headers'; readonly ms?: number }
  /** Sending stops within the body. */
  | { readonly kind: 'stall-body'; readonly afterBytes?: number; readonly ms?: number }
  | { readonly kind: 'truncate'; readonly afterBytes?: number }
  | { readonly kind: 'not-json' }
  | { readonly kind: 'maintenance' }
  | { readonly kind: 'gzip-bomb'; readonly megabytes: number }
  | { readonly kind: 'redirect'; readonly location: string; readonly status?: number }
  /** Every URL that a client would follow next points here instead. */
  | { readonly kind: 'hostile-url'; readonly url: string }
  | { readonly kind: 'reset' }
  /** The server's clock is off, in the Date header and in all modification times, for as long as the rule stands. */
  | { readonly kind: 'clock-offset'; readonly seconds: number };

/** Everything that is given must match; a rule without conditions matches each call. */
export interface FaultMatch {
  /** A regular expression over path and query. */
  readonly path?: string;
  readonly method?: string;
  readonly host?: string;
  /** An sObject that the call is about, or several. */
  readonly object?: string | readonly string[];
  /** Only the n-th matching call (from 1), or every call from the n-th on with `onward`. */
  readonly nth?: number;
  readonly onward?: boolean;
  /** At most so many times. */
  readonly times?: number;
  readonly probability?: number;
}

export interface FaultRule {
  readonly match?: FaultMatch;
  readonly effect: Effect;
}

/** A call as rules see it. `level` is `item` for a subrequest of a composite. */
export interface FaultTarget {
  readonly level: 'http' | 'item';
  readonly method: string;
  readonly host: string;
  readonly path: string;
  readonly object: string | null;
}

/** All kinds of effects with what else each takes, to tell a mistyped one. */
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

/** Effects on the connection and not on the answer; they can't happen to a subrequest. */
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
/** Fit for a header. */
const isText = (value: unknown): boolean =>
  typeof value === 'string' && value !== '' && !/[^\x21-\x7e]/.test(value);
const isAmount = (value: unknown): boolean =>
  typeof value === 'number' && Number.isFinite(value) && value >= 0;
/** Of a final answer, whose head can be written. */
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

/** What is wrong with a rule that came from outside; undefined for one that can be carried out. */
export function faultIn({
  match = {},
  effect,
}: Readonly<{ match?: unknown; effect?: unknown }>): string | undefined {
  if (typeof match !== 'object' || match === null) return 'match is not an object';
  if (typeof effect !== 'object' || effect === null) return 'effect is not an object';
  const { kind, ...rest } = effect as Readonly<Record<string, unknown>>;
  if (typeof kind !== 'string' || !Object.hasOwn(MEMBERS, kind))
    return `no such effect: ${String(kind)}`;
  return (
    wrongMember('match', { ...match }, MATCH) ??
    wrongMember(kind, rest, MEMBERS[kind as Effect['kind']])
  );
}

function wrongMember(
  what: string,
  given: Readonly<Record<string, unknown>>,
  demands: Readonly<Record<string, Demand>>,
): string | undefined {
  const stranger = Object.keys(given).find((name) => !Object.hasOwn(demands, name));
  if (stranger !== undefined) return `${what} does not take "${stranger}"`;
  const wrong = Object.entries(demands).find(([name, demand]) => !DEMANDS[demand](given[name]));
  return wrong === undefined ? undefined : `${what} needs a proper "${wrong[0]}"`;
}

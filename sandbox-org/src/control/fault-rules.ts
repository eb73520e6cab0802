/** What a fault does to an answer. Times in milliseconds, sizes in bytes. */
export type Effect =
  | { readonly kind: 'respond'; readonly status: number; readonly body?: unknown; readonly headers?: Readonly<Record<string, string>> }
  | { readonly kind: 'unavailable' }
  | { readonly kind: 'limit-exceeded' }
  | { readonly kind: 'session-expired' }
  /** The object is gone: 404, also within a composite. */
  | { readonly kind: 'vanish' }
  | { readonly kind: 'forbid' }
  /** A describe padded to at least this size. */
  | { readonly kind: 'huge-describe'; readonly bytes: number }
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

/** All kinds of effects, to tell a mistyped one. */
export const EFFECT_KINDS: Readonly<Record<Effect['kind'], true>> = {
  respond: true, unavailable: true, 'limit-exceeded': true, 'session-expired': true, vanish: true, forbid: true, 'huge-describe': true,
  delay: true, 'stall-headers': true, 'stall-body': true, truncate: true, 'not-json': true, maintenance: true, 'gzip-bomb': true,
  redirect: true, 'hostile-url': true, reset: true, 'clock-offset': true,
};

/** Effects on the connection and not on the answer; they can't happen to a subrequest. */
export const TRANSPORT = new Set<Effect['kind']>([
  'stall-headers', 'stall-body', 'truncate', 'not-json', 'maintenance', 'gzip-bomb', 'redirect', 'hostile-url', 'reset',
]);

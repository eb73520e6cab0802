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
  /**
   * A well-formed but incomplete body: members set or removed, a list cut in half. Only for JSON
   * objects.
   */
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
  /** A response of the API without this header. */
  | { readonly kind: 'drop-header'; readonly name: string }
  /**
   * Shifts the server's clock, in the Date header and all modification times, while the rule is
   * installed.
   */
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
  'drop-header',
]);

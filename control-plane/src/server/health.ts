/**
 * Whether this process is well. Invariants:
 * - Ready means: the port is bound, the shutdown has not begun, the store has just taken a write.
 * - However often it is asked, the store gets one write at a time, at most one in FRESH_MS.
 * - Alive fails only where a restart helps: a write that has not ended for STUCK_MS.
 */
import type { Deps } from '../deps.ts';

/** Whether all is well, in one word. */
export interface Verdict {
  readonly ok: boolean;
  readonly word: string;
}

export type Phase = 'starting' | 'serving' | 'draining';

/** A write to the store: under way since a moment, or ended at one. */
type StoreCheck =
  | { readonly kind: 'running'; readonly since: number; readonly ended: Promise<boolean> }
  | { readonly kind: 'ended'; readonly at: number; readonly ended: Promise<boolean> };

const FRESH_MS = 1000;
/** Shorter than the timeouts of probes. */
const PATIENCE_MS = 5000;
const STUCK_MS = 60_000;
const SETTING = 'storeCheckedAt';

export class Health {
  readonly #deps: Pick<Deps, 'store' | 'clock' | 'log'>;
  #phase: Phase = 'starting';
  #check: StoreCheck | undefined;
  #takesWrites = true;

  constructor(deps: Pick<Deps, 'store' | 'clock' | 'log'>) {
    this.#deps = deps;
  }

  become(phase: Phase): void {
    this.#phase = phase;
  }

  live(): Verdict {
    const check = this.#current();
    const isStuck =
      check.kind === 'running' && this.#deps.clock.monotonic() - check.since >= STUCK_MS;
    return { ok: !isStuck, word: isStuck ? 'stuck' : 'alive' };
  }

  async ready(): Promise<Verdict> {
    if (this.#phase !== 'serving') return { ok: false, word: this.#phase };
    const patience = new AbortController();
    const tooLong = this.#deps.clock.sleep(PATIENCE_MS, patience.signal).then(() => false);
    const ok = await Promise.race([this.#current().ended, tooLong]);
    patience.abort();
    return { ok, word: ok ? 'ready' : 'store' };
  }

  /** The check that is under way or has just ended, or a new one. */
  #current(): StoreCheck {
    const { clock } = this.#deps;
    const now = clock.monotonic();
    const check = this.#check;
    if (check?.kind === 'running' || (check !== undefined && now - check.at < FRESH_MS))
      return check;
    const ended = this.#write().then((ok) => {
      this.#check = { kind: 'ended', at: clock.monotonic(), ended };
      return ok;
    });
    this.#check = { kind: 'running', since: now, ended };
    return this.#check;
  }

  async #write(): Promise<boolean> {
    const { store, clock } = this.#deps;
    try {
      await store.transaction((tx) => tx.settings.save(SETTING, String(clock.now())));
      this.#tell(true);
      return true;
    } catch (thrown) {
      this.#tell(false, thrown);
      return false;
    }
  }

  #tell(takesWrites: boolean, reason?: unknown): void {
    if (takesWrites === this.#takesWrites) return;
    this.#takesWrites = takesWrites;
    if (takesWrites) this.#deps.log.info('store takes writes again');
    else this.#deps.log.error({ err: reason }, 'store takes no writes');
  }
}

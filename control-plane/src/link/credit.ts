/**
 * How many payload bytes a runner may send before the first is acknowledged. With less than a
 * round trip's worth, the connection is idle while acknowledgements travel.
 */
const MIN_BYTES = 4 * 1024 * 1024;
/** More would be waiting in the memory of runner and control plane. */
const MAX_BYTES = 16 * 1024 * 1024;
/** Enough for 160 MB/s. */
const BYTES_PER_MS = 160 * 1024;

/** The credit for a connection whose first answer took this long. */
export function creditFor(roundTripMs: number): number {
  return Math.round(Math.min(MAX_BYTES, Math.max(MIN_BYTES, roundTripMs * BYTES_PER_MS)));
}

/**
 * Beyond the least that each session has, all sessions together: after a restart, the load of this
 * process alone makes every round trip look long, when every runner delivers its backlog.
 */
const MAX_SHARED_BYTES = 512 * 1024 * 1024;

/** What sessions have beyond the least. */
export class SharedCredit {
  #taken = 0;

  /** Grants as much of it as is left. */
  take(wanted: number): number {
    const granted = Math.min(wanted, MAX_SHARED_BYTES - this.#taken);
    this.#taken += granted;
    return granted;
  }

  giveBack(bytes: number): void {
    this.#taken -= bytes;
  }
}

/** The credit of one session. */
export class Credit {
  readonly #shared: SharedCredit;
  #extra = 0;
  roundTripMs = 0;

  constructor(shared: SharedCredit) {
    this.#shared = shared;
  }

  get bytes(): number {
    return MIN_BYTES + this.#extra;
  }

  /** Once for a session, for a runner that has proved who it is. */
  take(): number {
    this.#extra = this.#shared.take(creditFor(this.roundTripMs) - MIN_BYTES);
    return this.bytes;
  }

  /** When the session has ended. */
  giveBack(): void {
    this.#shared.giveBack(this.#extra);
    this.#extra = 0;
  }
}

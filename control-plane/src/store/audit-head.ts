/** The end of a runner's audit trail, as the runner has signed it. */
export interface StoredAuditHead {
  readonly runnerId: string;
  readonly number: number;
  /** SHA-256 of the line with that number, hexadecimal. */
  readonly hash: string;
  readonly signature: Buffer;
  /** The key that the signature is valid for: raw Ed25519. */
  readonly publicKey: Buffer;
  readonly receivedAt: number;
  /** How the trail contradicts an earlier head; null if it continues it. */
  readonly problem: string | null;
  /** When a person has acknowledged the problem. */
  readonly acknowledgedAt: number | null;
}

/** What is shown with a runner. */
export interface AuditSummary {
  readonly number: number;
  readonly receivedAt: number;
  /** The oldest one that is not acknowledged. */
  readonly problem: string | null;
}

export interface AuditHeadReads {
  /** The last one received. */
  latest(runnerId: string): Promise<StoredAuditHead | undefined>;
  /** In the order of their arrival. */
  list(runnerId: string): Promise<StoredAuditHead[]>;
  /** Of all runners that have sent one, by id. */
  summaries(): Promise<ReadonlyMap<string, AuditSummary>>;
}

export interface AuditHeadWrites {
  save(head: StoredAuditHead): Promise<void>;
  acknowledge(runnerId: string, at: number): Promise<void>;
  /** Keeps the last head of each day before `thinnedBefore`, and none from before `keptFrom`. */
  prune(runnerId: string, thinnedBefore: number, keptFrom: number): Promise<void>;
}

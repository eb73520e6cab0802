/** A pipeline's signature covers its runs, a service's its connection tests. */
export type SignatureSubject = 'pipeline' | 'service';

/** What the customer has signed. The control plane stores it, and cannot make one. */
export interface StoredSignature {
  readonly subject: SignatureSubject;
  readonly name: string;
  /** A compact JWS. */
  readonly jws: string;
  readonly storedAt: number;
}

export interface SignatureReads {
  list(): Promise<StoredSignature[]>;
  get(subject: SignatureSubject, name: string): Promise<StoredSignature | undefined>;
}

export interface SignatureWrites {
  save(signature: StoredSignature): Promise<void>;
  /** Does nothing without a signature. */
  delete(subject: SignatureSubject, name: string): Promise<void>;
}

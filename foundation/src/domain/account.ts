/**
 * Who a connection signs in as, where it contains that. Local rules may bind a secret to each. The
 * texts are compared exactly.
 */
export interface Account {
  /** The user name, which is `sub` of an assertion. */
  readonly user?: string | undefined;
  /** The client or consumer key, which is `iss` of an assertion. */
  readonly client?: string | undefined;
  /** `aud` of the assertion that is signed. */
  readonly audience?: string | undefined;
  /** Every spelling of the organization's id. */
  readonly organization?: readonly string[] | undefined;
}

/** A signed-in state. `accessToken` is secret and is sent only to `origin`. */
export interface Session {
  /** `https://acme.my.salesforce.com`. */
  readonly origin: string;
  readonly accessToken: string;
  /** 15 characters. */
  readonly organizationId: string;
}

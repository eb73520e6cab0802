/**
 * The token of a server's bot; the runner passes its `Secret`. Revealed only for the Authorization
 * header.
 */
export interface BotToken {
  /** Changes when the token changes, and reveals nothing about it. */
  readonly version: string;
  reveal(): string;
}

/** Each read returns the newest token, so that a rotation needs no restart. */
export interface TokenSource {
  read(signal: AbortSignal): Promise<BotToken>;
}

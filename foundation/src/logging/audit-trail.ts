export type AuditValue = string | number | boolean | readonly AuditValue[] | undefined;

/** What happened, and to what. Holds no secret. */
export interface AuditEvent {
  readonly event: string;
  readonly number?: never;
  readonly time?: never;
  readonly previous?: never;
  readonly hash?: never;
  readonly [field: string]: AuditValue;
}

/** The record of what was done with secrets and connections, which is kept for auditors. */
export interface AuditTrail {
  /**
   * Resolves when the event is durable. Throws AUDIT_UNWRITABLE and the reason of the signal: then
   * what the event says must not be done.
   */
  record(event: AuditEvent, signal?: AbortSignal): Promise<void>;
}

/** Records nothing, for programs without a state directory. */
export const noAuditTrail: AuditTrail = { record: () => Promise.resolve() };

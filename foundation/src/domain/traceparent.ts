const TRACEPARENT = /^00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-0[01]$/;

/** Whether a text is a W3C trace context: version 00, two ids that are not zero, and flags. */
export function isTraceparent(text: string): boolean {
  return TRACEPARENT.test(text);
}

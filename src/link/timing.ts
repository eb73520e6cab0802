/** Every pause and patience of the link, in milliseconds. */
export interface LinkTiming {
  /** For Challenge, Hello and Welcome together. */
  readonly handshakeMs: number;
  /** How long after a heartbeat the control plane may stay silent. */
  readonly silenceMs: number;
  /** How long a batch in flight may stay unanswered while the link is otherwise alive. */
  readonly acknowledgeMs: number;
  /** Wall clocks further apart than this are worth a warning. */
  readonly skewMs: number;
  /** Least pause between two progress frames of an attempt. */
  readonly progressMs: number;
  /** Between probes of the preferred channel while another is in use; jittered between half and the whole. */
  readonly probeMs: number;
  readonly backoffBaseMs: number;
  readonly backoffCapMs: number;
  /** A session that lasted this long was a good one: the next back-off is the shortest again. No longer than `silenceMs`. */
  readonly stableMs: number;
  /** How long a worker asked to stop may take before it is killed. */
  readonly stopMs: number;
  /** How long an attempt may wait for room on disk when nothing is left to deliver that could make some. */
  readonly diskFullMs: number;
  /** How long a drain waits for the last batches to be acknowledged. */
  readonly lastDeliveryMs: number;
  /** Least lease a control plane may give; also used when it names none. */
  readonly leaseMs: number;
}

export const DEFAULT_TIMING: LinkTiming = {
  handshakeMs: 10_000,
  silenceMs: 10_000,
  acknowledgeMs: 60_000,
  skewMs: 5 * 60_000,
  progressMs: 500,
  probeMs: 10 * 60_000,
  backoffBaseMs: 1_000,
  backoffCapMs: 60_000,
  stableMs: 10_000,
  stopMs: 12_000,
  diskFullMs: 60_000,
  lastDeliveryMs: 10_000,
  leaseMs: 60_000,
};

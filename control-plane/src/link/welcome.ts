import { NAME_AND_VERSION } from '../deps.ts';
import type { Limits } from '../limits.ts';
import { MAX_BATCH_BYTES } from './codec.ts';
import type { ToRunner } from './frames.ts';
import { FEATURES } from './handshake.ts';
import type { Resumption } from './resume.ts';

/** The terms of a session, for a runner with these features. */
export function welcome(
  { positions, auditHead }: Pick<Resumption, 'positions' | 'auditHead'>,
  features: readonly string[],
  creditBytes: number,
  { heartbeatIntervalMs }: Pick<Limits, 'heartbeatIntervalMs'>,
): ToRunner {
  return {
    kind: 'welcome',
    body: {
      positions,
      auditHead,
      creditBytes,
      heartbeatIntervalMs,
      maxBatchBytes: MAX_BATCH_BYTES,
      controlPlane: NAME_AND_VERSION,
      features: FEATURES.filter((feature) => features.includes(feature)),
    },
  };
}

import type { Deployment } from '../deployed-pipelines.ts';
import { parseIngestionPipeline } from './payload.ts';

/** Somewhat longer than a server's 10 minutes for merging edits of one person into one. */
const SESSION_MS = 15 * 60_000;

/**
 * Whether a deployment is an older version of the one that was taken. A server that merges two
 * edits of one person reverts to the version before the first, and deploys that too, sometimes
 * last. Only within the time in which servers merge edits: a server that was restored from a backup
 * deploys older versions that count.
 */
export function isStale(deployment: Deployment, taken: Deployment | undefined): boolean {
  if (taken === undefined || taken.id !== deployment.id) return false;
  const [updated, before] = [updatedAt(deployment), updatedAt(taken)];
  return (
    updated !== undefined &&
    before !== undefined &&
    updated < before &&
    deployment.deployedAt - taken.deployedAt < SESSION_MS
  );
}

function updatedAt({ payload }: Deployment): number | undefined {
  return parseIngestionPipeline(payload).updatedAt ?? undefined;
}

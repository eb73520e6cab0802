/**
 * Secrets in plain text that an operator permits. Invariants:
 * - The store has them only sealed, inside the workflow of the run that needs them.
 * - They are opened for the offer of that run to a runner, and for nothing else.
 */
import type { Sealer } from '../sealing.ts';
import { replacedIn } from './connection.ts';
import type { Json } from '../../runtime/json.ts';

const MARK = 'sealed:';
const SEALED = /"sealed:(?<sealed>[A-Za-z0-9_-]+)"/g;

/** A copy of a connection with the values at these paths sealed for a run. */
export function sealPlainSecrets(
  sealer: Sealer,
  runId: string,
  connection: Json,
  paths: readonly string[],
): Json {
  const seal = (value: unknown): string =>
    `${MARK}${sealer.seal(JSON.stringify(value), contextOf(runId)).toString('base64url')}`;
  return replacedIn(connection, paths, seal);
}

/** The workflow of a run with its sealed values opened. Text that only looks like one stays. */
export function openPlainSecrets(sealer: Sealer, runId: string, workflow: string): string {
  return workflow.replace(SEALED, (text, sealed: string) => {
    try {
      return sealer.open(Buffer.from(sealed, 'base64url'), contextOf(runId));
    } catch {
      return text;
    }
  });
}

function contextOf(runId: string): string {
  return `secret of run ${runId}`;
}

import { RunnerError } from '../../../../foundation/src/runtime/errors.ts';
import { ControlPlaneError, type ErrorBody } from '../../runtime/errors.ts';

const RENEW_TOKEN = 'Deploy the pipeline again in OpenMetadata: a deployment brings a new token.';

/** The error of a call to a server, to display: problem and remedy. */
export function serverError(thrown: unknown): ErrorBody {
  if (thrown instanceof ControlPlaneError) return thrown.body();
  const { code, message, remedy } = RunnerError.from(thrown, 'SINK_FAILED');
  return { code, message, remedy: code === 'SINK_UNAUTHORIZED' ? RENEW_TOKEN : remedy };
}

/** The same, to be thrown to a caller of the control plane. */
export function toControlPlaneError(thrown: unknown): ControlPlaneError {
  if (thrown instanceof ControlPlaneError) return thrown;
  const { code, message, remedy } = serverError(thrown);
  return new ControlPlaneError('OPENMETADATA_FAILED', `${code}: ${message}`, {
    remedy,
    cause: thrown,
  });
}

/** Whether the server rejected the token: only another one helps. */
export function isTokenRejected(thrown: unknown): boolean {
  return thrown instanceof RunnerError && thrown.code === 'SINK_UNAUTHORIZED';
}

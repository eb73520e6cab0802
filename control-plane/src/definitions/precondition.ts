import { createHash } from 'node:crypto';
import { ControlPlaneError } from '../runtime/errors.ts';

/** What a caller says of the present state, in the headers of RFC 9110, section 13.1. */
export interface Precondition {
  /** If-Match: `*`, or the tag of the state that was looked at. */
  readonly match?: string | undefined;
  /** If-None-Match: `*` for "there is none yet". */
  readonly noneMatch?: string | undefined;
}

/** Changes whenever anything in the definition does. */
export function tagOf(definition: object): string {
  return `"${createHash('sha256').update(JSON.stringify(definition)).digest('base64url').slice(0, 22)}"`;
}

/**
 * Whether a definition may be written over the one that is there. Throws PRECONDITION_REQUIRED when it would replace something
 * and nobody said so, PRECONDITION_FAILED when the state is another than the caller believes.
 */
export function checkPrecondition(
  what: string,
  present: object | undefined,
  { match, noneMatch }: Precondition,
): void {
  if (noneMatch !== undefined && noneMatch !== '*')
    throw new ControlPlaneError('INPUT_INVALID', 'If-None-Match: only * is understood');
  if (noneMatch === '*' && present !== undefined)
    throw new ControlPlaneError('PRECONDITION_FAILED', `${what} already exists`);
  if (match === undefined) {
    if (present !== undefined)
      throw new ControlPlaneError(
        'PRECONDITION_REQUIRED',
        `${what} already exists, and the request does not say that it replaces it`,
      );
    return;
  }
  if (present === undefined)
    throw new ControlPlaneError('PRECONDITION_FAILED', `${what} does not exist`);
  if (match !== '*' && !match.split(',').some((tag) => tag.trim() === tagOf(present)))
    throw new ControlPlaneError('PRECONDITION_FAILED', `${what} has changed since it was read`);
}

import { createHash } from 'node:crypto';
import { ControlPlaneError } from '../runtime/errors.ts';

/** The state that a caller expects, from the headers of RFC 9110, section 13.1. */
export interface Precondition {
  /** If-Match: `*`, or the ETag of the expected state. */
  readonly match?: string | undefined;
  /** If-None-Match: `*` to create only. */
  readonly noneMatch?: string | undefined;
}

/** An ETag that changes with any part of the definition. */
export function tagOf(definition: object): string {
  return `"${createHash('sha256').update(JSON.stringify(definition)).digest('base64url').slice(0, 22)}"`;
}

/**
 * Checks that a definition may be written. Throws PRECONDITION_REQUIRED when it would replace
 * another without If-Match, PRECONDITION_FAILED when the state is not the expected one.
 */
export function checkPrecondition(
  what: string,
  present: object | undefined,
  { match, noneMatch }: Precondition,
): void {
  if (noneMatch !== undefined && noneMatch !== '*')
    throw new ControlPlaneError('INPUT_INVALID', 'If-None-Match supports only *');
  if (noneMatch === '*' && present !== undefined)
    throw new ControlPlaneError('PRECONDITION_FAILED', `${what} already exists`);
  if (match === undefined) {
    if (present !== undefined)
      throw new ControlPlaneError(
        'PRECONDITION_REQUIRED',
        `${what} already exists and the request has no If-Match header`,
      );
    return;
  }
  if (present === undefined)
    throw new ControlPlaneError('PRECONDITION_FAILED', `${what} does not exist`);
  if (match !== '*' && !match.split(',').some((tag) => tag.trim() === tagOf(present)))
    throw new ControlPlaneError('PRECONDITION_FAILED', `${what} has changed since it was read`);
}

import type { RunnerError } from '../../../../foundation/src/runtime/errors.ts';
import { ControlPlaneError } from '../../runtime/errors.ts';

/** An answer to the server's client: it displays all of the body of a rejection. */
export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | readonly string[]>>;
  readonly body: string | Buffer;
}

/** Statuses that the client has messages for. It shows "null" for any other. */
const KNOWN_STATUSES: ReadonlySet<number> = new Set([
  400, 401, 403, 404, 409, 429, 500, 502, 503, 504,
]);

export function json(value: object): Answer {
  return {
    status: 200,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(value),
  };
}

/** One line of plain text: problem and remedy. */
export function errorAnswer(error: ControlPlaneError | RunnerError): Answer {
  const status = error instanceof ControlPlaneError ? error.status : 503;
  return {
    status: KNOWN_STATUSES.has(status) ? status : 400,
    headers: {
      'content-type': 'text/plain; charset=utf-8',
      ...(status === 401 ? { 'www-authenticate': 'Basic realm="control plane"' } : {}),
    },
    body:
      error.code === 'INTERNAL'
        ? 'internal error of the control plane; see its log'
        : messageOf(error),
  };
}

function messageOf({ message, remedy }: ControlPlaneError | RunnerError): string {
  return `${message.replace(/[.\s]+$/, '')}. ${remedy}`;
}

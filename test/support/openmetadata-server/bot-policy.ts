import { Problem } from './problem.ts';
import type { Json } from './store.ts';

const DENIED = 'EditDisplayName';
const OPERATIONS = ['Create', 'Delete', 'ViewAll', 'EditAll', 'EditDescription', DENIED];

/** `GET /v1/permissions/{resource}`: of people everything, of the bot what its policies say. */
export function permissionsOf(resource: string, bot: boolean): Json {
  const permissions = OPERATIONS.map((operation) => ({
    operation,
    access: bot && operation === DENIED ? 'deny' : 'allow',
  }));
  return { resource, permissions };
}

/**
 * The rule DisplayName-Deny of DefaultBotPolicy. Like the server (1.12.6), which checks a patch
 * with an operation on a field that it has no permission for, the version for one, for EditAll
 * alone.
 */
export function assertPermitted(operations: readonly { readonly path: string }[]): void {
  const names = operations.some(({ path }) => path.endsWith('/displayName'));
  if (names && !operations.some(({ path }) => path === '/version'))
    throw new Problem(403, `operation ${DENIED} denied by rule DisplayName-Deny`);
}

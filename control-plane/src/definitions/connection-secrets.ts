/**
 * The control plane never stores a secret: fields that OpenMetadata's connection schema marks as
 * secret accept only a reference, which the runner resolves in the customer's network.
 */
import { ControlPlaneError } from '../runtime/errors.ts';

const SECRET_FIELDS: ReadonlySet<string> = new Set([
  'password',
  'securityToken',
  'consumerSecret',
  'privateKey',
]);
/** Objects whose members are all secret. */
const SECRET_OBJECTS: ReadonlySet<string> = new Set(['sslConfig']);
/** A file on the runner's machine, if the runner's policy permits it. */
const FILE_PATH = /^\/[A-Za-z0-9._/-]+$/;
/** What a runner treats as a reference, or as an attempt at one, anywhere in a job. */
const LIKE_A_REFERENCE = /secret\s*(?::|%3a|：)\s*(?:[/\\]|%2f|%5c)|^\W*secret\s*(?::|%3a|：)/i;
const REFERENCE = /^secret:\/[A-Za-z0-9._-]+(?:\/[A-Za-z0-9._-]+){0,7}$/;

/**
 * Checks that a document has references in its secret fields and nowhere else. Throws
 * SECRET_IN_PLAIN_TEXT or INPUT_INVALID with the names of all such fields and without their values.
 */
export function checkSecretReferences(document: Readonly<Record<string, unknown>>): void {
  const plain = plainSecretsOf(document);
  if (plain.length > 0)
    throw new ControlPlaneError(
      'SECRET_IN_PLAIN_TEXT',
      `fields are not secret references: ${plain.map(({ path }) => path).join(', ')}`,
    );
  const misplaced = [...textsOf(document, '', 'none')].filter(
    ({ value, requirement }) => requirement === 'none' && LIKE_A_REFERENCE.test(String(value)),
  );
  if (misplaced.length > 0)
    throw new ControlPlaneError(
      'INPUT_INVALID',
      `secret reference in fields that are not secret: ${misplaced.map(({ path }) => path).join(', ')}`,
    );
}

/** The secret fields of a document that hold anything but a reference. */
export function plainSecretsOf(
  document: Readonly<Record<string, unknown>>,
): { readonly path: string; readonly value: unknown }[] {
  return [...textsOf(document, '', 'none')].filter(
    ({ value, requirement }) => requirement !== 'none' && !isAllowed(value, requirement),
  );
}

type Requirement = 'none' | 'secret' | 'file or secret';

function* textsOf(
  value: unknown,
  path: string,
  requirement: Requirement,
): Generator<{
  readonly value: unknown;
  readonly path: string;
  readonly requirement: Requirement;
}> {
  if (value === null || value === undefined || value === '') return;
  if (typeof value !== 'object') {
    yield { value, path, requirement };
    return;
  }
  for (const [name, member] of Object.entries(value)) {
    yield* textsOf(
      member,
      path === '' ? name : `${path}.${name}`,
      SECRET_OBJECTS.has(name)
        ? 'file or secret'
        : SECRET_FIELDS.has(name)
          ? 'secret'
          : requirement,
    );
  }
}

function isAllowed(value: unknown, requirement: Requirement): boolean {
  return (
    typeof value === 'string' &&
    (REFERENCE.test(value) || (requirement === 'file or secret' && FILE_PATH.test(value)))
  );
}

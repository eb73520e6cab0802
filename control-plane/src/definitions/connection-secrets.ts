/**
 * The control plane never stores a secret: fields that OpenMetadata's connection schema marks secret may hold nothing but
 * a reference that the runner resolves in the customer's network.
 */
import { ControlPlaneError } from '../runtime/errors.ts';

const SECRET_FIELDS: ReadonlySet<string> = new Set([
  'password',
  'securityToken',
  'consumerSecret',
  'privateKey',
]);
/** Objects of which every member is secret. */
const SECRET_OBJECTS: ReadonlySet<string> = new Set(['sslConfig']);
/** A file on the runner's machine: its policy says whether that is read. */
const FILE = /^\/[A-Za-z0-9._/-]+$/;
/** What a runner takes for a reference, or for an attempt at one, wherever it stands in a job. */
const LIKE_A_REFERENCE = /secret\s*(?::|%3a|：)\s*(?:[/\\]|%2f|%5c)|^\W*secret\s*(?::|%3a|：)/i;
const REFERENCE = /^secret:\/[A-Za-z0-9._-]+(?:\/[A-Za-z0-9._-]+){0,7}$/;

/**
 * Holds a document to references in secret fields, and nowhere else. Throws SECRET_IN_PLAIN_TEXT or INPUT_INVALID, naming
 * every such field and no value.
 */
export function refuseMisplacedSecrets(document: Readonly<Record<string, unknown>>): void {
  const texts = [...textsOf(document, '', 'none')];
  const plain = texts.filter(({ value, demand }) => demand !== 'none' && !fits(value, demand));
  if (plain.length > 0)
    throw new ControlPlaneError(
      'SECRET_IN_PLAIN_TEXT',
      `not a secret reference: ${plain.map(({ path }) => path).join(', ')}`,
    );
  const misplaced = texts.filter(
    ({ value, demand }) => demand === 'none' && LIKE_A_REFERENCE.test(String(value)),
  );
  if (misplaced.length > 0)
    throw new ControlPlaneError(
      'INPUT_INVALID',
      `a secret reference in a field that is not secret: ${misplaced.map(({ path }) => path).join(', ')}`,
    );
}

type Demand = 'none' | 'secret' | 'file or secret';

function* textsOf(
  value: unknown,
  path: string,
  demand: Demand,
): Generator<{ readonly value: unknown; readonly path: string; readonly demand: Demand }> {
  if (value === null || value === undefined || value === '') return;
  if (typeof value !== 'object') {
    yield { value, path, demand };
    return;
  }
  for (const [name, member] of Object.entries(value)) {
    yield* textsOf(
      member,
      path === '' ? name : `${path}.${name}`,
      SECRET_OBJECTS.has(name) ? 'file or secret' : SECRET_FIELDS.has(name) ? 'secret' : demand,
    );
  }
}

function fits(value: unknown, demand: Demand): boolean {
  return (
    typeof value === 'string' &&
    (REFERENCE.test(value) || (demand === 'file or secret' && FILE.test(value)))
  );
}

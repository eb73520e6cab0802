/**
 * The control plane never stores a secret: fields that OpenMetadata's connection schema marks secret may hold nothing but
 * a reference that the runner resolves in the customer's network.
 */
import { ControlPlaneError } from './errors.ts';

const SECRET_FIELDS: ReadonlySet<string> = new Set(['password', 'securityToken', 'consumerSecret', 'privateKey']);
/** Objects of which every member is secret. */
const SECRET_OBJECTS: ReadonlySet<string> = new Set(['sslConfig']);
/** A file on the runner's machine: its policy says whether that is read. */
const FILE = /^\/[A-Za-z0-9._/-]+$/;
const REFERENCE = /^secret:\/[A-Za-z0-9._-]+(?:\/[A-Za-z0-9._-]+){0,7}$/;

/** Throws SECRET_IN_PLAIN_TEXT, naming every such field and no value. */
export function refusePlainSecrets(connection: Readonly<Record<string, unknown>>): void {
  const plain = plainSecrets(connection, '', 'none');
  if (plain.length > 0) throw new ControlPlaneError('SECRET_IN_PLAIN_TEXT', `not a secret reference: ${plain.join(', ')}`);
}

type Demand = 'none' | 'secret' | 'file or secret';

function plainSecrets(value: unknown, path: string, demand: Demand): string[] {
  if (value === null || value === undefined || value === '') return [];
  if (typeof value === 'object') {
    return Object.entries(value).flatMap(([name, member]) => {
      const at = path === '' ? name : `${path}.${name}`;
      return plainSecrets(member, at, SECRET_OBJECTS.has(name) ? 'file or secret' : SECRET_FIELDS.has(name) ? 'secret' : demand);
    });
  }
  if (demand === 'none') return [];
  const fits = typeof value === 'string' && (REFERENCE.test(value) || (demand === 'file or secret' && FILE.test(value)));
  return fits ? [] : [path];
}

/**
 * From the connection of a service at an OpenMetadata server to one that a runner takes.
 * Invariants:
 * - A masked or encrypted value never passes for a secret.
 * - A password in plain text passes only with the operator's permission.
 * - A field that is not known here never reaches a runner: it could hold a secret or name a host.
 */
import { plainSecretsOf } from '../../definitions/connection-secrets.ts';
import {
  CONNECTION_FIELDS,
  parseSalesforceConnection,
} from '../../definitions/salesforce-connection.ts';
import { ControlPlaneError } from '../../runtime/errors.ts';
import type { Endpoint, ServerService } from '../deployed-pipelines.ts';
import type { Json } from '../../runtime/json.ts';

/** The default of OpenMetadata's schema, which every service has, so it is no choice of a user. */
const DEFAULT_API_VERSION = /^v?42(?:\.0)?$/;
const MASKED = /^\*+$/;
const ENCRYPTED = /^fernet:/;
/** Stands for a permitted secret in plain text while the other fields are checked. */
const PLACEHOLDER = 'secret:/plain';

export interface CheckedConnection {
  /** For a run. Contains secrets in plain text only if `plain` is not empty. */
  readonly connection: Json;
  /** Paths of secrets in plain text; empty unless the endpoint permits them. */
  readonly plain: readonly string[];
  /** The same without any secret in plain text: fit to be stored. */
  readonly stored: Json;
  /** Fields that were dropped because they are not known here. */
  readonly unknown: readonly string[];
}

/**
 * Throws INPUT_INVALID and SECRET_IN_PLAIN_TEXT with a message for OpenMetadata: names of
 * fields, never values.
 */
export function checkedConnection(
  service: ServerService,
  { allowPlainSecrets }: Pick<Endpoint, 'allowPlainSecrets'>,
): CheckedConnection {
  const entries = Object.entries(service.connection)
    .map(([name, value]) => [name, withoutEmpty(value)] as const)
    .filter(([name, value]) => value !== undefined && !isDefault(name, value));
  const known = Object.fromEntries(entries.filter(([name]) => CONNECTION_FIELDS.includes(name)));
  const secrets = plainSecretsOf(known);
  rejectUnreadable(service, secrets);
  const plain = secrets.map(({ path }) => path);
  if (plain.length > 0 && !allowPlainSecrets) throw plainText(service, plain);
  parseSalesforceConnection(replacedIn(known, plain, () => PLACEHOLDER));
  return {
    connection: known,
    plain,
    stored: replacedIn(known, plain, () => undefined),
    unknown: entries.map(([name]) => name).filter((name) => !CONNECTION_FIELDS.includes(name)),
  };
}

/** Without null, empty texts and empty objects, which OpenMetadata's forms leave behind. */
function withoutEmpty(value: unknown): unknown {
  if (value === null || value === '') return undefined;
  if (typeof value !== 'object' || Array.isArray(value)) return value;
  const members = Object.entries(value)
    .map(([name, member]) => [name, withoutEmpty(member)] as const)
    .filter(([, member]) => member !== undefined);
  return members.length === 0 ? undefined : Object.fromEntries(members);
}

function isDefault(name: string, value: unknown): boolean {
  return name === 'salesforceApiVersion' && DEFAULT_API_VERSION.test(String(value));
}

function rejectUnreadable(
  { name }: ServerService,
  secrets: readonly { readonly path: string; readonly value: unknown }[],
): void {
  const unreadable = secrets.filter(
    ({ value }) => MASKED.test(String(value)) || ENCRYPTED.test(String(value)),
  );
  if (unreadable.length > 0)
    throw new ControlPlaneError(
      'INPUT_INVALID',
      `service ${name}: the server hides ${unreadable.map(({ path }) => path).join(', ')} from its bot`,
      { remedy: 'Give the ingestion bot back its role, and save the connection again.' },
    );
}

function plainText({ name }: ServerService, plain: readonly string[]): ControlPlaneError {
  return new ControlPlaneError(
    'SECRET_IN_PLAIN_TEXT',
    `service ${name} holds secrets in plain text: ${plain.join(', ')}`,
    {
      remedy:
        'Edit the connection: enter a reference such as secret:/salesforce/prod/password, and store the value in the runner’s vault.',
    },
  );
}

/** A copy with the members at these paths replaced; undefined removes them. */
export function replacedIn(
  document: Json,
  paths: readonly string[],
  replace: (value: unknown) => unknown,
): Json {
  return paths.reduce((result, path) => {
    const [first = '', ...rest] = path.split('.');
    const { [first]: member, ...others } = result;
    const next =
      rest.length === 0 ? replace(member) : replacedIn(member as Json, [rest.join('.')], replace);
    return next === undefined ? others : { ...others, [first]: next };
  }, document);
}

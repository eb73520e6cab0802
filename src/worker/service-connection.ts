import type { Json } from '../../foundation/src/domain/json.ts';
import type { Connector } from '../connectors/connector.ts';
import type { Workflow } from '../../openmetadata/src/workflow.ts';
import type { Redactor } from '../redaction/redactor.ts';
import { parseReference } from '../secrets/reference.ts';

/** Options of drivers. No schema marks which of them are secret. */
const NEVER_STORED: ReadonlySet<string> = new Set(['connectionOptions', 'connectionArguments']);

export interface ServiceConnectionSource {
  readonly workflow: Workflow;
  readonly connector: Connector;
  readonly redactor: Redactor;
}

/**
 * The connection that a catalog may store with the service: with references to secrets, never with
 * a secret. Undefined if a secret field holds anything but a reference, or if the redactor finds a
 * secret anywhere else.
 */
export function storableConnection({
  workflow,
  connector,
  redactor,
}: ServiceConnectionSource): Json | undefined {
  const { config } = workflow.source.serviceConnection;
  const isSafe = connector.secretFields.every((field) =>
    isReferenceOrEmpty(valueAt(config, field)),
  );
  const fields = Object.entries(config).filter(
    ([name, value]) => !NEVER_STORED.has(name) && !isEmpty(value),
  );
  const connection = { ...Object.fromEntries(fields), type: connector.type };
  const text = JSON.stringify(connection);
  return isSafe && redactor.redact(text) === text ? connection : undefined;
}

function valueAt(config: Json, field: string): unknown {
  return field
    .split('.')
    .reduce<unknown>(
      (value, name) =>
        typeof value === 'object' && value !== null ? (value as Json)[name] : value,
      config,
    );
}

function isReferenceOrEmpty(value: unknown): boolean {
  return isEmpty(value) || (typeof value === 'string' && parseReference(value) !== undefined);
}

/** Forms write empty strings and nulls for empty fields. */
function isEmpty(value: unknown): boolean {
  return value === undefined || value === null || value === '';
}

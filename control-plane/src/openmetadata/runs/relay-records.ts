/**
 * Stored lines as records of the sink. A runner may write about its own service and nothing else:
 * names, parents and ends of every record are checked, because the bot may write anywhere.
 */
import { z } from 'zod';
import { belongsTo, catalogRecordOf, canWrite } from '../../catalog/catalog-record.ts';
import { parseRecord } from '../../link/batch.ts';
import type { SinkRecord } from '../../../../openmetadata/src/sink/records.ts';

/** They take effect when the run has succeeded and its whole stream has arrived. */
export const FINDINGS = ['deletion', 'lineageSweep', 'sweep'] as const;
const FINDING: ReadonlySet<string> = new Set(FINDINGS);

/** Records that the control plane acts upon and the server has no use for. */
const FOR_CONTROL_PLANE: ReadonlySet<string> = new Set(['unchanged']);

/** The member of a create request that names the entity's parent; undefined for a service. */
const PARENT: Readonly<Record<string, string | undefined>> = {
  databaseService: undefined,
  database: 'service',
  databaseSchema: 'database',
  table: 'databaseSchema',
  storedProcedure: 'databaseSchema',
};

/** Members of a service's request that say how to reach it: only users of the server set them. */
const SERVICE_FIELDS = ['name', 'displayName', 'description', 'serviceType', 'sourceHash'] as const;

export function isFinding(kind: string): boolean {
  return FINDING.has(kind);
}

/** The record, or undefined for what the server must not or need not get. */
export function sinkRecordOf(service: string, line: string): SinkRecord | undefined {
  const { value, kind } = parseRecord(line);
  const record = catalogRecordOf(value);
  if (record === undefined || FOR_CONTROL_PLANE.has(kind) || !canWrite(service, record))
    return undefined;
  if (kind !== 'entity') return asSinkRecord(value);
  return entityOf(service, value);
}

const Entity = z.looseObject({
  type: z.string(),
  fqn: z.string(),
  request: z.record(z.string(), z.unknown()),
});

function entityOf(service: string, value: object): SinkRecord | undefined {
  const { type, request } = Entity.parse(value);
  if (!Object.hasOwn(PARENT, type)) return undefined;
  const parent = PARENT[type];
  if (parent !== undefined) {
    const above = request[parent];
    return typeof above === 'string' && belongsTo(service, above) ? asSinkRecord(value) : undefined;
  }
  if (request['name'] !== service) return undefined;
  const kept = Object.fromEntries(
    SERVICE_FIELDS.filter((name) => name in request).map((name) => [name, request[name]]),
  );
  return asSinkRecord({ ...value, request: kept });
}

/** The shape has been checked; the sink ignores unknown members, as the server does. */
function asSinkRecord(value: object): SinkRecord {
  return value as SinkRecord;
}

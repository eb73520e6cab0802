import {
  CREATE_REQUEST_SCHEMAS,
  openMetadataSchemasPresent,
  openMetadataValidator,
} from '../openmetadata-schemas.ts';
import { Problem } from './problem.ts';

const SCHEMAS: Readonly<Record<string, string>> = {
  ...CREATE_REQUEST_SCHEMAS,
  lineage: 'api/lineage/addLineage.json',
  tableProfile: 'api/data/createTableProfile.json',
  sampleData: 'entity/data/table.json#/definitions/tableData',
};

/**
 * Rejects bodies that violate OpenMetadata's schemas, as the server does. Does nothing without a
 * copy of the schemas.
 */
export function check(kind: string, body: unknown): void {
  const path = SCHEMAS[kind];
  if (!openMetadataSchemasPresent || path === undefined) return;
  requireValid(openMetadataValidator(path), withoutConnection(body), kind);
}

/** A connection is one of many schemas, of which the server takes that of the service's type. */
function withoutConnection(body: unknown): unknown {
  if (typeof body !== 'object' || body === null || !('connection' in body)) return body;
  const { connection: _connection, ...rest } = body;
  return rest;
}

export function checkPipelineStatus(body: unknown): void {
  if (!openMetadataSchemasPresent) return;
  requireValid(
    openMetadataValidator(
      'entity/services/ingestionPipelines/ingestionPipeline.json#/definitions/pipelineStatus',
    ),
    body,
    'pipelineStatus',
  );
}

function requireValid(
  validate: ReturnType<typeof openMetadataValidator>,
  body: unknown,
  kind: string,
): void {
  if (!validate(body)) throw new Problem(400, `${kind}: ${JSON.stringify(validate.errors?.[0])}`);
}

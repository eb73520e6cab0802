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

/** Where a copy of OpenMetadata's schemas is at hand: refuses, as the server does, what they do not allow. */
export function check(kind: string, body: unknown): void {
  const path = SCHEMAS[kind];
  if (!openMetadataSchemasPresent || path === undefined) return;
  refuseUnless(openMetadataValidator(path), body, kind);
}

export function checkPipelineStatus(body: unknown): void {
  if (!openMetadataSchemasPresent) return;
  refuseUnless(
    openMetadataValidator(
      'entity/services/ingestionPipelines/ingestionPipeline.json#/definitions/pipelineStatus',
    ),
    body,
    'pipelineStatus',
  );
}

function refuseUnless(
  validate: ReturnType<typeof openMetadataValidator>,
  body: unknown,
  kind: string,
): void {
  if (!validate(body)) throw new Problem(400, `${kind}: ${JSON.stringify(validate.errors?.[0])}`);
}

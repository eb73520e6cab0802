import type { EntityRecord } from '../../../../foundation/src/domain/record.ts';
import { assertEntity, type CreateStoredProcedure } from '../../../../openmetadata/src/entities.ts';
import { entityName, fullyQualifiedName } from '../../../../openmetadata/src/names.ts';
import type { CutText } from '../../../redaction/cut-text.ts';

/** A trigger, class or flow. */
export interface CodeUnit {
  /**
   * With the file extension of Salesforce's own tools, so that a class and a trigger with the same
   * name differ.
   */
  readonly name: string;
  readonly label?: string;
  readonly description?: string;
  readonly code: string | undefined;
  /** Below the org's origin. */
  readonly path: string;
  readonly properties: Readonly<Record<string, unknown>>;
}

export interface StoredProcedureDeps {
  readonly databaseSchema: string;
  readonly origin: string;
  readonly cut: CutText;
}

/** A record must fit a frame of the protocol. */
const MAX_CODE_LENGTH = 400_000;

export function storedProcedureFqn(
  name: string,
  { databaseSchema }: Pick<StoredProcedureDeps, 'databaseSchema'>,
): string {
  return `${databaseSchema}.${fullyQualifiedName(entityName(name))}`;
}

export function storedProcedure(unit: CodeUnit, deps: StoredProcedureDeps): EntityRecord {
  const { name, label, description, code, path, properties } = unit;
  const fqn = storedProcedureFqn(name, deps);
  const isCut = code !== undefined && code.length > MAX_CODE_LENGTH;
  const request: CreateStoredProcedure = {
    name: entityName(name),
    ...(label === undefined ? {} : { displayName: label }),
    ...(description === undefined ? {} : { description }),
    databaseSchema: deps.databaseSchema,
    storedProcedureType: 'StoredProcedure',
    storedProcedureCode: {
      language: 'External',
      ...(code === undefined ? {} : { code: deps.cut(code, MAX_CODE_LENGTH) }),
    },
    sourceUrl: `${deps.origin}${path}`,
  };
  assertEntity('storedProcedure', fqn, request);
  return {
    kind: 'entity',
    type: 'storedProcedure',
    fqn,
    request,
    properties: { ...properties, ...(isCut ? { cutAt: MAX_CODE_LENGTH } : {}) },
  };
}

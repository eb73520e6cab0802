import type { EntityRecord, EntityType } from '../../../../foundation/src/domain/record.ts';
import { assertEntity } from '../../../../openmetadata/src/entities.ts';
import { entityName } from '../../../../openmetadata/src/names.ts';
import { placeNames, type Place } from '../options/place.ts';

/**
 * The service, its database and the schema: every table belongs to them, so they come first. The
 * service has no connection here; a sink that creates it decides about that.
 */
export function* parentRecords(
  place: Place,
  origin: string,
): Generator<EntityRecord, void, undefined> {
  const { service, database, databaseSchema } = placeNames(place);
  yield entity('databaseService', service, {
    name: place.service,
    serviceType: 'Salesforce',
    description: `Salesforce org at [${origin}](${origin})`,
  });
  yield entity('database', database, {
    name: entityName(place.database),
    service,
    sourceUrl: origin,
  });
  yield entity('databaseSchema', databaseSchema, {
    name: place.schema,
    database,
    sourceUrl: origin,
  });
}

/** Throws ENTITY_INVALID for a request that OpenMetadata would reject. */
function entity(type: EntityType, fqn: string, request: object): EntityRecord {
  assertEntity(type, fqn, request);
  return { kind: 'entity', type, fqn, request: { ...request } };
}

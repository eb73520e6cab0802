import { entityName, fullyQualifiedName } from '../../../../openmetadata/src/names.ts';

/** Where the tables of a service are: an org is one database with one schema. */
export interface Place {
  readonly service: string;
  readonly database: string;
  readonly schema: string;
}

/** Fully qualified names of service, database and schema. */
export function placeNames({
  service,
  database,
  schema,
}: Place): Readonly<Record<'service' | 'database' | 'databaseSchema', string>> {
  const name = entityName(database);
  return {
    service: fullyQualifiedName(service),
    database: fullyQualifiedName(service, name),
    databaseSchema: fullyQualifiedName(service, name, schema),
  };
}

import { describe, expect, it } from 'vitest';
import { sinkRecordOf } from '../../src/openmetadata/runs/relay-records.ts';

const entity = (type: string, fqn: string, request: object): object => ({
  kind: 'entity',
  type,
  fqn,
  request,
});
const database = (service: string): object =>
  entity('database', `${service}.x`, { name: 'x', service });
const schema = (name: string, parent: string): object =>
  entity('databaseSchema', name, { name: 'y', database: parent });
const deletion = (fqn: string): object => ({ kind: 'deletion', type: 'database', fqn });

describe('a run of the service a.b, beside a service a with the database b, writes', () => {
  it.each([
    ['the database below its own service', database('"a.b"'), true],
    ['a schema below its own database', schema('"a.b".x.y', '"a.b".x'), true],
    ['the deletion of its own database', deletion('"a.b".x'), true],
    ['a schema below the other database', schema('a.b.y', 'a.b'), false],
    ['a schema of its own with the other database as parent', schema('"a.b".x.y', 'a.b'), false],
    ['the deletion of the other database', deletion('a.b'), false],
    ['the deletion of what is below the other database', deletion('a.b.y'), false],
  ])('%s: %s', (_what, record, expected) => {
    expect(sinkRecordOf('a.b', JSON.stringify(record)) !== undefined).toBe(expected);
  });
});

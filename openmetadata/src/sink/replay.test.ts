import { describe, expect, it } from 'vitest';
import { NEVER } from '../../../foundation/src/runtime/abort.ts';
import {
  parents,
  SCHEMA,
  succeeded,
  table,
} from '../../../test/support/openmetadata-server/catalog.ts';
import { catalogOfEachTest } from '../../../test/support/openmetadata-server/catalog-of-each-test.ts';
import type { SinkRecord } from './records.ts';

const catalog = catalogOfEachTest();

const edge = (from: string, to: string): SinkRecord => ({
  kind: 'lineage',
  from: `${SCHEMA}.${from}`,
  to: `${SCHEMA}.${to}`,
  details: { source: 'ViewLineage' },
});

const records: readonly SinkRecord[] = [
  ...parents,
  { kind: 'classification', name: 'Salesforce', description: 'x' },
  { kind: 'tag', classification: 'Salesforce', name: 'Public', description: 'x' },
  table('Account', { references: ['Account', 'User'] }),
  table('Contact', { references: ['Account', 'User'] }),
  table('User', { references: ['Contact'] }),
  table('Lead'),
  {
    kind: 'entity',
    type: 'storedProcedure',
    fqn: `${SCHEMA}.trigger`,
    request: { name: 'trigger', databaseSchema: SCHEMA, storedProcedureCode: { code: 'x' } },
  },
  edge('Lead', 'Contact'),
  edge('Account', 'Contact'),
  { kind: 'lineageSweep', parent: SCHEMA, tables: ['Contact', 'Lead'], source: 'ViewLineage' },
  {
    kind: 'profile',
    table: `${SCHEMA}.Lead`,
    request: { tableProfile: { timestamp: 1, rowCount: 7 } },
  },
  {
    kind: 'sweep',
    type: 'table',
    parent: SCHEMA,
    keep: ['Account', 'Contact', 'User', 'Lead'].map((name) => `${SCHEMA}.${name}`),
  },
];

/** What the server has, without what each request counts up. */
function state(): unknown {
  const { store, state: more } = catalog.server;
  const tables = store.all('table').map(({ name, deleted, sourceHash, tableConstraints }) => ({
    name,
    deleted,
    sourceHash,
    tableConstraints,
  }));
  return {
    tables: tables.toSorted((a, b) => (String(a.name) < String(b.name) ? -1 : 1)),
    procedures: store.all('storedProcedure').map(({ fullyQualifiedName }) => fullyQualifiedName),
    lineage: [...more.lineage.keys()].sort(),
    profiles: [...more.profiles],
  };
}

const writes = (): string[] =>
  catalog.server.requests.filter(
    (title) => !title.startsWith('GET ') && !title.endsWith('Profile'),
  );

describe('records replayed from the start', () => {
  it.each(records.map((_, index) => index + 1))(
    'complete what a sink that ended after record %i left',
    async (count) => {
      await catalog.run(records);
      const whole = state();
      await catalog.replace();
      const ended = catalog.sink();
      for (const record of records.slice(0, count)) await ended.write(record, NEVER);
      await ended.close();
      await ended.finish(succeeded, NEVER);
      expect((await catalog.run(records)).status).toBe('success');
      expect(state()).toEqual(whole);
      const before = writes().length;
      expect((await catalog.run(records)).status).toBe('success');
      expect(writes().slice(before)).toEqual([]);
    },
  );
});

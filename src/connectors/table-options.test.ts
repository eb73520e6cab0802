import { describe, expect, it } from 'vitest';
import { RunnerError } from '../../foundation/src/runtime/errors.ts';
import { readTableOptions } from './table-options.ts';

describe('the options of a job', () => {
  it('select everything by default, and permit marking tables as deleted', () => {
    const options = readTableOptions({ type: 'DatabaseMetadata' });
    expect(options.passes('crm', 'default', 'public', 'Corn')).toBe(true);
    expect(options.markDeleted).toBe(true);
    expect(readTableOptions({ markDeletedTables: false }).markDeleted).toBe(false);
  });

  it('filter databases, schemas and tables by name', () => {
    const options = readTableOptions({
      databaseFilterPattern: { includes: ['def'] },
      schemaFilterPattern: { excludes: ['private'] },
      tableFilterPattern: { excludes: ['corn$'] },
    });
    expect(options.passes('crm', 'other', 'public', 'Cornflower')).toBe(false);
    expect(options.passes('crm', 'default', 'private', 'Cornflower')).toBe(false);
    expect(options.passes('crm', 'default', 'public', 'Corn')).toBe(false);
    expect(options.passes('crm', 'default', 'public', 'Cornflower')).toBe(true);
  });

  it('filter by fully qualified name on request', () => {
    const options = readTableOptions({
      useFqnForFiltering: true,
      tableFilterPattern: { includes: ['crm\\.default\\.public\\.c'] },
    });
    expect(options.passes('crm', 'default', 'public', 'corn')).toBe(true);
    expect(options.passes('erp', 'default', 'public', 'corn')).toBe(false);
  });

  it('are JOB_INVALID with all problems, without the values', () => {
    const read = (): unknown =>
      readTableOptions({ markDeletedTables: 'hunter22', useFqnForFiltering: 7 });
    expect(read).toThrow(RunnerError);
    expect(read).toThrow(/useFqnForFiltering .*; markDeletedTables /);
    expect(read).not.toThrow(/hunter22/);
  });
});

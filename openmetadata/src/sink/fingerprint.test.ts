import { describe, expect, it } from 'vitest';
import { fingerprint, sourceHash } from './fingerprint.ts';
import { constraintsOf } from './foreign-keys.ts';

const id = { name: 'Id', dataType: 'VARCHAR', dataLength: 18, ordinalPosition: 1 };
const name = { name: 'Name', dataType: 'VARCHAR', dataLength: 80, ordinalPosition: 2 };
const key = {
  constraintType: 'FOREIGN_KEY',
  columns: ['ParentId'],
  referredColumns: ['a.b.c.Account.Id'],
};
const primary = { constraintType: 'PRIMARY_KEY', columns: ['Id'] };
const request = {
  name: 'Account',
  columns: [id, name],
  tags: [{ tagFQN: 'a' }, { tagFQN: 'b' }],
  tableConstraints: [primary, key],
};

function hash(of: Readonly<Record<string, unknown>>): string {
  return sourceHash(fingerprint(of), constraintsOf(of).foreignKeys);
}

describe('a source hash', () => {
  it('fits OpenMetadata’s field', () => {
    expect(hash(request)).toMatch(/^[0-9a-f]{32}$/);
  });

  it.each([
    ['the order of properties', Object.fromEntries(Object.entries(request).toReversed())],
    ['the order of columns that have positions', { ...request, columns: [name, id] }],
    [
      'the order of tags and constraints',
      { ...request, tags: request.tags.toReversed(), tableConstraints: [key, primary] },
    ],
    ['properties without a value', { ...request, description: undefined }],
    ['an existing hash', { ...request, sourceHash: 'x' }],
  ])('ignores %s', (_what, same) => {
    expect(hash(same)).toBe(hash(request));
  });

  it.each([
    ['a description', { ...request, description: '' }],
    ['a column', { ...request, columns: [id, { ...name, dataLength: 81 }] }],
    ['the position of a column', { ...request, columns: [id, { ...name, ordinalPosition: 3 }] }],
    ['a foreign key', { ...request, tableConstraints: [primary] }],
    [
      'the order of a key’s columns',
      { ...request, tableConstraints: [{ ...primary, columns: ['Id', 'Name'] }, key] },
    ],
    ['a tag', { ...request, tags: [] }],
  ])('changes with %s', (_what, other) => {
    expect(hash(other)).not.toBe(hash(request));
  });

  it('depends on the order of columns where order matters', () => {
    const ordered = (columns: string[]): string =>
      hash({ ...request, tableConstraints: [{ ...primary, columns }] });
    expect(ordered(['Id', 'Name'])).not.toBe(ordered(['Name', 'Id']));
  });
});

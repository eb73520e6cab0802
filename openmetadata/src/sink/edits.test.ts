import { describe, expect, it } from 'vitest';
import { keepEdits, overrideEdits } from './edits.ts';
import { storedEntitySchema, type StoredEntity } from './entity.ts';

const owner = { id: '7f1e1e9e-6f0e-4f5e-9b8e-0d7c7a3d9b11', type: 'user' };
const other = { id: '11111111-6f0e-4f5e-9b8e-0d7c7a3d9b11', type: 'user' };

function stored(more: object): StoredEntity {
  return storedEntitySchema.parse({ id: 'x', fullyQualifiedName: 'a.b.c.Account', ...more });
}

const edited = stored({
  description: 'people’s',
  owners: [{ ...owner, name: 'ann', href: 'https://catalog.test' }],
  domains: [{ id: 'd', type: 'domain', fullyQualifiedName: 'Sales' }],
  columns: [
    { name: 'Id' },
    { name: 'Address', description: 'where', children: [{ name: 'City', displayName: 'Town' }] },
  ],
});
const request = {
  name: 'Account',
  description: 'source’s',
  displayName: 'Account',
  owners: [other],
  columns: [
    { name: 'New', description: 'fresh' },
    {
      name: 'Address',
      dataType: 'STRUCT',
      description: 'source’s',
      children: [{ name: 'City', displayName: 'City', description: 'source’s' }],
    },
    { name: 'Id', description: 'key' },
  ],
};

describe('keeping edits', () => {
  it('keeps edits, and uses the source’s values for the rest', () => {
    expect(keepEdits(request, edited)).toEqual({
      name: 'Account',
      description: 'people’s',
      displayName: 'Account',
      owners: [owner],
      domains: ['Sales'],
      columns: [
        { name: 'New', description: 'fresh' },
        {
          name: 'Address',
          dataType: 'STRUCT',
          description: 'where',
          children: [{ name: 'City', displayName: 'Town', description: 'source’s' }],
        },
        { name: 'Id', description: 'key' },
      ],
    });
  });

  it('does not count missing or empty values on the server as edits', () => {
    expect(
      keepEdits(request, stored({ description: '', owners: [], domains: null, columns: [] })),
    ).toEqual(request);
  });

  it('keeps values that the source lacks', () => {
    expect(keepEdits({ name: 'Account' }, edited)).toEqual({
      name: 'Account',
      description: 'people’s',
      owners: [owner],
      domains: ['Sales'],
    });
  });
});

describe('inherited owners', () => {
  const inherited = stored({ owners: [{ ...owner, inherited: true }] });

  it('are replaced by the source’s owners', () => {
    expect(keepEdits({ owners: [other] }, inherited)).toEqual({ owners: [other] });
    expect(overrideEdits({ owners: [owner] }, inherited)).toEqual([
      { op: 'add', path: '/owners', value: [owner] },
    ]);
  });
});

describe('overriding edits', () => {
  it('patches differences at the positions of the server’s columns', () => {
    expect(overrideEdits(request, edited)).toEqual([
      { op: 'add', path: '/description', value: 'source’s' },
      { op: 'add', path: '/displayName', value: 'Account' },
      { op: 'add', path: '/owners', value: [other] },
      { op: 'add', path: '/columns/0/description', value: 'key' },
      { op: 'add', path: '/columns/1/description', value: 'source’s' },
      { op: 'add', path: '/columns/1/children/0/description', value: 'source’s' },
      { op: 'add', path: '/columns/1/children/0/displayName', value: 'City' },
    ]);
  });

  it('removes nothing that the source lacks', () => {
    expect(
      overrideEdits(
        { name: 'Account', description: '', owners: [], columns: [{ name: 'Address' }] },
        edited,
      ),
    ).toEqual([]);
  });

  it('patches nothing when both agree', () => {
    expect(
      overrideEdits({ name: 'Account', description: 'people’s', owners: [owner] }, edited),
    ).toEqual([]);
  });
});

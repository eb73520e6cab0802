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
  it('keeps what people wrote and takes the source’s word for the rest', () => {
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

  it('does not take silence or emptiness on the server for an edit', () => {
    expect(
      keepEdits(request, stored({ description: '', owners: [], domains: null, columns: [] })),
    ).toEqual(request);
  });

  it('carries over what the source does not say', () => {
    expect(keepEdits({ name: 'Account' }, edited)).toEqual({
      name: 'Account',
      description: 'people’s',
      owners: [owner],
      domains: ['Sales'],
    });
  });
});

describe('owners from above', () => {
  const inherited = stored({ owners: [{ ...owner, inherited: true }] });

  it('do not stand in the way of the source’s own', () => {
    expect(keepEdits({ owners: [other] }, inherited)).toEqual({ owners: [other] });
    expect(overrideEdits({ owners: [owner] }, inherited)).toEqual([
      { op: 'add', path: '/owners', value: [owner] },
    ]);
  });
});

describe('overriding edits', () => {
  it('patches what differs, by the places that the server’s columns have', () => {
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

  it('blanks nothing that the source is silent about', () => {
    expect(
      overrideEdits(
        { name: 'Account', description: '', owners: [], columns: [{ name: 'Address' }] },
        edited,
      ),
    ).toEqual([]);
  });

  it('has nothing to do when the two agree', () => {
    expect(
      overrideEdits({ name: 'Account', description: 'people’s', owners: [owner] }, edited),
    ).toEqual([]);
  });
});

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startSandbox, type Sandbox } from '../../sandbox-org/src/sandbox.ts';
import type { Column } from '../../openmetadata/src/columns.ts';
import type { CreateTable } from '../../openmetadata/src/entities.ts';
import { ourExtraction, theirExtraction, type Extraction } from './extractions.ts';
import { makeItHarder, openOpenMetadata } from './openmetadata.ts';

const OBJECTS = 60;
const venv = await openOpenMetadata();

/** The columns for which ours lacks what theirs has, each in a line. */
function lacking(
  theirs: Extraction,
  ours: Extraction,
  key: keyof Column,
  has: (their: Column, our: Column | undefined) => boolean,
): string[] {
  return pairs(theirs, ours)
    .filter(({ their, our }) => !has(their, our))
    .map(
      ({ at, their, our }) =>
        `${at} (${their.dataTypeDisplay}): theirs ${JSON.stringify(their[key])}, ours ${JSON.stringify(our?.[key])}`,
    );
}

/** Each column of theirs beside ours of that name, with the table's name. */
function pairs(
  theirs: Extraction,
  ours: Extraction,
): { readonly at: string; readonly their: Column; readonly our: Column | undefined }[] {
  return [...theirs.tables].flatMap(([name, table]) => {
    const columns = new Map(ours.tables.get(name)?.columns.map((column) => [column.name, column]));
    return table.columns.map((their) => ({
      at: `${name}.${their.name}`,
      their,
      our: columns.get(their.name),
    }));
  });
}

const all = (of: Extraction): Column[] => [...of.tables.values()].flatMap(({ columns }) => columns);

describe.skipIf('obstacle' in venv)(
  'OpenMetadata’s own Salesforce connector beside ours, over one org',
  () => {
    let sandbox: Sandbox;
    let theirs: Extraction;
    let ours: Extraction;

    beforeAll(async () => {
      sandbox = await startSandbox({ objects: OBJECTS, proxyPort: 0 });
      makeItHarder(sandbox);
      theirs = await theirExtraction(sandbox, 'python' in venv ? venv.python : '');
      ours = await ourExtraction(sandbox);
    });
    afterAll(async () => sandbox.close());

    it('both read the whole org', () => {
      const names = sandbox.org
        .list()
        .map(({ name }) => name)
        .sort();
      expect(theirs.failures).toEqual([]);
      expect(ours.failures).toEqual([]);
      expect([...theirs.tables.keys()].sort()).toEqual(names);
      expect([...ours.tables.keys()].sort()).toEqual(names);
    });

    it.each(['name', 'displayName', 'databaseSchema', 'sourceUrl', 'description'] as const)(
      'every %s of a table is ours too',
      (key) => {
        for (const [name, table] of theirs.tables)
          if (table[key] !== undefined) expect(ours.tables.get(name)?.[key], name).toBe(table[key]);
      },
    );

    it('has every column of theirs, in the same place', () => {
      const place = ({ columns }: CreateTable): unknown[] =>
        columns.map(({ name, ordinalPosition }) => [name, ordinalPosition]);
      for (const [name, table] of theirs.tables)
        expect(place(ours.tables.get(name)!), name).toEqual(place(table));
    });

    it('has every display name of a column', () => {
      expect(
        lacking(
          theirs,
          ours,
          'displayName',
          (their, our) => our?.displayName === their.displayName,
        ),
      ).toEqual([]);
    });

    it('has every description of a column, whatever else ours says after it', () => {
      expect(
        lacking(
          theirs,
          ours,
          'description',
          (their, our) =>
            their.description === undefined ||
            our?.description?.startsWith(their.description) === true,
        ),
      ).toEqual([]);
    });

    it('shows the same type, or a more precise one', () => {
      expect(
        lacking(
          theirs,
          ours,
          'dataTypeDisplay',
          (their, our) => our?.dataTypeDisplay?.startsWith(their.dataTypeDisplay!) === true,
        ),
      ).toEqual([]);
    });

    it('has every length of theirs that means something', () => {
      expect(
        lacking(
          theirs,
          ours,
          'dataLength',
          (their, our) => (their.dataLength ?? 0) === 0 || our?.dataLength === their.dataLength,
        ),
      ).toEqual([]);
    });

    it('has nullability and uniqueness of every column, and the primary key', () => {
      const isBetter = ({ name }: Column, our: Column | undefined): boolean =>
        name === 'Id' && our?.constraint === 'PRIMARY_KEY';
      expect(
        lacking(
          theirs,
          ours,
          'constraint',
          (their, our) => our?.constraint === their.constraint || isBetter(their, our),
        ),
      ).toEqual([]);
    });

    it('has the type of every column, where theirs has few', () => {
      const unknown = (of: Extraction): number =>
        all(of).filter(({ dataType }) => dataType === 'UNKNOWN').length;
      expect(unknown(ours)).toBe(0);
      expect(unknown(theirs)).toBeGreaterThan(all(theirs).length / 2);
    });

    it('has primary and foreign keys, parts of compound fields, precision and kinds of table, of which theirs has none', () => {
      const more = (of: Extraction): Record<string, number> => ({
        primaryKeys: all(of).filter(({ constraint }) => constraint === 'PRIMARY_KEY').length,
        foreignKeys: [...of.tables.values()]
          .flatMap(({ tableConstraints }) => tableConstraints ?? [])
          .filter(({ constraintType }) => constraintType === 'FOREIGN_KEY').length,
        withChildren: all(of).filter(({ children }) => (children?.length ?? 0) > 0).length,
        withPrecision: all(of).filter(({ precision }) => precision !== undefined).length,
        notRegular: [...of.tables.values()].filter(({ tableType }) => tableType !== 'Regular')
          .length,
        described: all(of).filter(({ description }) => description !== undefined).length,
      });
      const [our, their] = [more(ours), more(theirs)];
      process.stdout.write(`ours  ${JSON.stringify(our)}\ntheirs ${JSON.stringify(their)}\n`);
      const { described, ...none } = their;
      expect(Object.values(none)).toEqual([0, 0, 0, 0, 0]);
      expect(Object.values(our).every((figure) => figure > 0)).toBe(true);
      expect(our['described']).toBeGreaterThanOrEqual(described!);
    });

    it('costs the org a fraction of the calls', () => {
      const ratio = theirs.apiCalls / ours.apiCalls;
      process.stdout.write(
        `API calls for ${theirs.tables.size} objects: theirs ${theirs.apiCalls}, ours ${ours.apiCalls}, ${ratio.toFixed(1)} times fewer; seconds: theirs ${theirs.seconds.toFixed(1)}, ours ${ours.seconds.toFixed(1)}\n`,
      );
      expect(theirs.apiCalls).toBeGreaterThanOrEqual(3 * theirs.tables.size);
      expect(ratio).toBeGreaterThan(8);
    });
  },
);

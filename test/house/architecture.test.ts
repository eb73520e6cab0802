import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { importsOf, isTest, production, read, root, sources } from './sources.ts';

/** The table of rooms in ARCHITECTURE.md: each room with the rooms that it may import. */
function readTable(): Map<string, Set<string>> {
  const text = read('ARCHITECTURE.md');
  const rows = [...text.matchAll(/^\| `(?<room>[a-z]+)\/` \|[^|]*\| (?<imports>[^|]*) \|$/gm)];
  const rooms = rows.map((row) => row.groups!['room']!);
  return new Map(
    rows.map((row) => {
      const imports = row.groups!['imports']!.trim();
      const named =
        imports === 'everything'
          ? rooms
          : [...imports.matchAll(/`([a-z]+)\/`/g)].map((match) => match[1]!);
      return [row.groups!['room']!, new Set(named)];
    }),
  );
}

const table = readTable();

/**
 * The room of a file that is shipped: a folder of src/ or foundation/src/, or all of
 * openmetadata/src/.
 */
function roomOf(path: string): string | undefined {
  const inFolder = /^(?:foundation\/)?src\/(?<room>[a-z]+)\//.exec(path)?.groups!['room'];
  return path.startsWith('openmetadata/src/') ? 'openmetadata' : inFolder;
}

describe('the rooms', () => {
  it('are listed in the table', () => {
    const rooms = ['src', 'foundation/src'].flatMap((folder) => readdirSync(join(root, folder)));
    expect([...rooms, 'openmetadata'].sort()).toEqual([...table.keys()].sort());
  });

  it.each(production)('%s imports only rooms that the table allows', (path) => {
    const room = roomOf(path)!;
    const bad = importsOf(path).filter((target) => {
      const other = roomOf(target);
      return other === undefined || (other !== room && !table.get(room)!.has(other));
    });
    expect(bad).toEqual([]);
  });

  it.each(production.filter((path) => !path.startsWith('src/')))(
    '%s imports nothing of src/',
    (path) => {
      expect(importsOf(path).filter((target) => target.startsWith('src/'))).toEqual([]);
    },
  );

  it('import each other in one direction', () => {
    const done = new Set<string>();
    const visit = (room: string, trail: string[]): void => {
      expect(trail, `cycle through ${room}`).not.toContain(room);
      if (done.has(room)) return;
      for (const next of table.get(room)!)
        if (next !== room && room !== 'cli') visit(next, [...trail, room]);
      done.add(room);
    };
    for (const room of table.keys()) visit(room, []);
  });
});

/**
 * The table after "Within `room/`" in ARCHITECTURE.md: the folders of a room, in the order of their
 * imports.
 */
function readFolders(room: string): string[] {
  const text = read('ARCHITECTURE.md').split(`Within \`${room}/\``)[1]!;
  const rows = /(?:^\|.*\n)+/m.exec(text)![0].matchAll(/^\| `(?<folder>[a-z-]+)` \| .* \|$/gm);
  return [...rows].map((row) => row.groups!['folder']!);
}

describe.each(['link', 'connectors/salesforce'])('the folders of %s', (room) => {
  const base = `src/${room}`;
  const order = readFolders(room);

  it('are listed in their table', () => {
    const folders = readdirSync(join(root, base), { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map(({ name }) => name);
    expect(folders.sort()).toEqual(order.toSorted());
  });

  it.each(order.map((folder, index) => [folder, index] as const))(
    '%s imports only from itself and the folders above it',
    (folder, index) => {
      const allowed = order.slice(0, index + 1).map((name) => `${base}/${name}/`);
      const files = sources(`${base}/${folder}`).filter((path) => !isTest(path));
      expect(files.length).toBeGreaterThan(0);
      const bad = files.flatMap((path) =>
        importsOf(path)
          .filter((target) => target.startsWith(`${base}/`))
          .filter((target) => !allowed.some((name) => target.startsWith(name)))
          .map((target) => `${path} -> ${target}`),
      );
      expect(bad).toEqual([]);
    },
  );
});

describe('the generated frame types', () => {
  it.each(['src/channel', 'control-plane/src/link'])(
    'of %s are imported by frames.ts only',
    (room) => {
      const generated = `${room}/generated/`;
      const importers = sources(room.split('/')[0]!)
        .filter((path) => !path.startsWith(generated))
        .filter((path) => importsOf(path).some((target) => target.startsWith(generated)));
      expect(importers).toEqual([`${room}/frames.ts`]);
    },
  );
});

describe('the workspaces', () => {
  /** Imports of a workspace's files from elsewhere in this repository. */
  const foreign = (workspace: string): { path: string; target: string }[] =>
    sources(workspace).flatMap((path) =>
      importsOf(path)
        .filter((target) => !target.startsWith(`${workspace}/`))
        .map((target) => ({ path, target })),
    );

  it('sandbox-org shares no code with the others', () => {
    expect(foreign('sandbox-org')).toEqual([]);
  });

  it('control-plane shares no code with the runner, except in the room that writes to OpenMetadata', () => {
    /** Folders of the control plane, and what their files may import from elsewhere. */
    const permitted: readonly (readonly [folder: string, target: RegExp])[] = [
      ['control-plane/src/openmetadata/', /^(?:foundation|openmetadata)\/src\//],
      ['control-plane/test/openmetadata/', /^(?:(?:foundation|openmetadata)\/src|test\/support)\//],
    ];
    const bad = foreign('control-plane').filter(
      ({ path, target }) =>
        !permitted.some(([folder, allowed]) => path.startsWith(folder) && allowed.test(target)),
    );
    expect(bad).toEqual([]);
  });
});

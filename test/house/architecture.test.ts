import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';

const root = resolve(import.meta.dirname, '../..');

/** The table of ARCHITECTURE.md: a room, and the rooms it may import. */
function readTable(): Map<string, Set<string>> {
  const text = readFileSync(join(root, 'ARCHITECTURE.md'), 'utf8');
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

function sources(folder: string): string[] {
  return readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.ts') && !path.includes('node_modules'))
    .map((path) => join(folder, path));
}

function importsOf(path: string): string[] {
  const text = readFileSync(join(root, path), 'utf8');
  return [...text.matchAll(/(?:from|import)\s*\(?\s*'(?<name>\.[^']+)'/g)].map((match) =>
    relative(root, resolve(root, dirname(path), match.groups!['name']!)),
  );
}

const table = readTable();
const production = sources('src').filter((path) => !path.endsWith('.test.ts'));

describe('the rooms of src/', () => {
  it('are those of the table', () => {
    const rooms = readdirSync(join(root, 'src'), { withFileTypes: true })
      .map((entry) => entry.name)
      .sort();
    expect(rooms).toEqual([...table.keys()].sort());
  });

  it.each(production)('%s imports only what its room may', (path) => {
    const room = path.split('/')[1]!;
    const bad = importsOf(path).filter((target) => {
      const [top, other] = target.split('/');
      return top !== 'src' || (other !== room && !table.get(room)!.has(other!));
    });
    expect(bad).toEqual([]);
  });

  it('go one way only', () => {
    const done = new Set<string>();
    const visit = (room: string, trail: string[]): void => {
      expect(trail, `circle through ${room}`).not.toContain(room);
      if (done.has(room)) return;
      for (const next of table.get(room)!)
        if (next !== room && room !== 'cli') visit(next, [...trail, room]);
      done.add(room);
    };
    for (const room of table.keys()) visit(room, []);
  });
});

/** The table of ARCHITECTURE.md that follows "Within `room/`": the folders of a room, in the order of their imports. */
function readFolders(room: string): string[] {
  const text = readFileSync(join(root, 'ARCHITECTURE.md'), 'utf8').split(`Within \`${room}/\``)[1]!;
  const rows = /(?:^\|.*\n)+/m.exec(text)![0].matchAll(/^\| `(?<folder>[a-z-]+)` \| .* \|$/gm);
  return [...rows].map((row) => row.groups!['folder']!);
}

describe.each(['link', 'connectors/salesforce'])('the folders of %s', (room) => {
  const base = `src/${room}`;
  const order = readFolders(room);

  it('are those of their table', () => {
    const folders = readdirSync(join(root, base), { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map(({ name }) => name);
    expect(folders.sort()).toEqual(order.toSorted());
  });

  it.each(order.map((folder, place) => [folder, place] as const))(
    '%s imports only from itself and the folders above it',
    (folder, place) => {
      const allowed = order.slice(0, place + 1).map((name) => `${base}/${name}/`);
      const files = sources(`${base}/${folder}`).filter((path) => !path.endsWith('.test.ts'));
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

describe('the workspaces', () => {
  it.each(['control-plane', 'sandbox-org'])('%s shares no code with the runner', (workspace) => {
    const bad = sources(workspace).flatMap((path) =>
      importsOf(path)
        .filter((target) => !target.startsWith(`${workspace}/`))
        .map((target) => `${path} -> ${target}`),
    );
    expect(bad).toEqual([]);
  });
});

describe('the house', () => {
  const everything = [
    ...production,
    ...sources('control-plane/src'),
    ...sources('sandbox-org/src'),
    ...sources('demo'),
    ...sources('bench'),
  ];

  it('has no room or file named after nothing', () => {
    const named = everything.filter((path) =>
      path
        .split('/')
        .some((part) => /^(?:utils?|common|helpers?|types|lib|misc|manager)(?:\.ts)?$/.test(part)),
    );
    expect(named).toEqual([]);
  });

  it('has no file over 460 lines', () => {
    const long = everything.filter(
      (path) => readFileSync(join(root, path), 'utf8').split('\n').length > 461,
    );
    expect(long).toEqual([]);
  });

  it('throws no bare Error in the runner', () => {
    const bare = production.filter((path) =>
      /throw new (?:Type|Range)?Error\(/.test(readFileSync(join(root, path), 'utf8')),
    );
    expect(bare).toEqual([]);
  });

  it('has no any and no silenced check without a reason', () => {
    const silenced = everything.filter((path) => {
      const lines = readFileSync(join(root, path), 'utf8').split('\n');
      return lines.some(
        (line) =>
          /\bas any\b|:\s*any\s*[,;)=[>]|@ts-ignore/.test(line) ||
          /oxlint-disable(?:-next-line|-line)?(?!.* -- )/.test(line),
      );
    });
    expect(silenced).toEqual([]);
  });

  it('gives every test in a file a name of its own', () => {
    const tests = [
      ...sources('src'),
      ...sources('test'),
      ...sources('control-plane'),
      ...sources('sandbox-org'),
    ].filter((path) => path.endsWith('.test.ts'));
    const doubled = tests.flatMap((path) => {
      const names = [...readFileSync(join(root, path), 'utf8').matchAll(/^\s*it\('([^']+)'/gm)].map(
        (match) => match[1]!,
      );
      return names
        .filter((name, index) => names.indexOf(name) !== index)
        .map((name) => `${path}: ${name}`);
    });
    expect(doubled).toEqual([]);
  });
});

import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';

/** One file of an artifact. The path is relative to wherever the artifact puts it. */
export type Entry = {
  readonly path: string;
  readonly mode: number;
  /** Root if not given, for the group too. */
  readonly owner?: number;
  readonly group?: number;
} & (
  | { readonly kind: 'file'; readonly content: string | Buffer }
  | { readonly kind: 'copy'; readonly from: string }
  | { readonly kind: 'link'; readonly target: string }
  | { readonly kind: 'directory' }
);

export function text(path: string, content: string, mode = 0o644): Entry {
  return { kind: 'file', path, content, mode };
}

export function copy(path: string, from: string, mode = 0o644): Entry {
  return { kind: 'copy', path, from, mode };
}

export function link(path: string, target: string): Entry {
  return { kind: 'link', path, target, mode: 0o777 };
}

export function directory(path: string, mode: number, owner = 0, group = owner): Entry {
  return { kind: 'directory', path, mode, owner, group };
}

/** Every file below a directory of this machine, under another path. */
export function tree(
  path: string,
  from: string,
  isWanted: (name: string) => boolean = () => true,
): Entry[] {
  return readdirSync(from, { recursive: true, encoding: 'utf8' })
    .filter((name) => isWanted(name) && statSync(join(from, name)).isFile())
    .sort()
    .map((name) => copy(`${path}/${name}`, join(from, name)));
}

export function under(prefix: string, entries: readonly Entry[]): Entry[] {
  return entries.map((entry) => ({ ...entry, path: `${prefix}/${entry.path}` }));
}

/** Sorted, with every directory on the way. */
export function withDirectories(entries: readonly Entry[]): Entry[] {
  const known = new Map(entries.map((entry) => [entry.path, entry]));
  for (const { path } of entries) {
    const parts = path.split('/');
    for (let length = 1; length < parts.length; length += 1) {
      const parent = parts.slice(0, length).join('/');
      if (!known.has(parent)) known.set(parent, directory(parent, 0o755));
    }
  }
  return [...known.values()].sort((one, other) => (one.path < other.path ? -1 : 1));
}

export function contentOf(entry: Entry): Buffer {
  if (entry.kind === 'copy') return readFileSync(entry.from);
  return entry.kind === 'file' ? Buffer.from(entry.content) : Buffer.alloc(0);
}

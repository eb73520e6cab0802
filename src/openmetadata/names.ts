/** Sequences that OpenMetadata reserves in the names of tables, columns and constraints, and what it writes for them. */
const RESERVED: readonly (readonly [string, string])[] = [
  ['::', '__reserved__colon__'],
  ['>', '__reserved__arrow__'],
  ['"', '__reserved__quote__'],
];

/** The name OpenMetadata's own ingestion would send: reserved sequences replaced. */
export function entityName(name: string): string {
  return /^\w*$/.test(name)
    ? name
    : RESERVED.reduce((text, [reserved, written]) => text.replaceAll(reserved, written), name);
}

/** A fully qualified name; parts that hold a dot or a quote are put in quotes, as the server does. */
export function fullyQualifiedName(...parts: readonly string[]): string {
  return parts
    .map((part) => (/[."]/.test(part) ? `"${part.replaceAll('"', '\\"')}"` : part))
    .join('.');
}

/** A part in quotes may hold quotes: servers and clients write them twice or behind a backslash. */
const LAST_PART = /^(?:(?<parent>.*)\.)?(?<name>"(?:[^"\\]|\\.|"")*"|[^."]*)$/s;

/** What a fully qualified name stands in; empty when it stands in nothing. */
export function parentOf(fqn: string): string {
  return LAST_PART.exec(fqn)?.groups?.['parent'] ?? '';
}

/** The last part of a fully qualified name, without quotes around it. */
export function ownNameOf(fqn: string): string {
  const name = LAST_PART.exec(fqn)?.groups?.['name'] ?? fqn;
  return name.startsWith('"') ? name.slice(1, -1) : name;
}

/**
 * Sequences that OpenMetadata reserves in the names of tables, columns and constraints, with their
 * replacements.
 */
const RESERVED: readonly (readonly [string, string])[] = [
  ['::', '__reserved__colon__'],
  ['>', '__reserved__arrow__'],
  ['"', '__reserved__quote__'],
];

/** The name as OpenMetadata's own ingestion would send it, with reserved sequences replaced. */
export function entityName(name: string): string {
  return /^\w*$/.test(name)
    ? name
    : RESERVED.reduce((text, [reserved, written]) => text.replaceAll(reserved, written), name);
}

/** A fully qualified name; parts with a dot or a quote are quoted, as the server does. */
export function fullyQualifiedName(...parts: readonly string[]): string {
  return parts
    .map((part) => (/[."]/.test(part) ? `"${part.replaceAll('"', '\\"')}"` : part))
    .join('.');
}

/** Servers and clients escape a quote within a quoted part by doubling it or with a backslash. */
const LAST_PART = /^(?:(?<parent>.*)\.)?(?<name>"(?:[^"\\]|\\.|"")*"|[^."]*)$/s;

/** The parent's fully qualified name; empty for a name of one part. */
export function parentOf(fqn: string): string {
  return LAST_PART.exec(fqn)?.groups?.['parent'] ?? '';
}

/** The last part of a fully qualified name, unquoted. */
export function ownNameOf(fqn: string): string {
  const name = LAST_PART.exec(fqn)?.groups?.['name'] ?? fqn;
  return name.startsWith('"') ? name.slice(1, -1) : name;
}

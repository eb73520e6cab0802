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

export function fullyQualifiedName(...parts: readonly string[]): string {
  return parts.map(quoteNamePart).join('.');
}

/** Quotes a part with a dot or a quote; a quote within it is written as the server writes it. */
export function quoteNamePart(part: string): string {
  return /[."]/.test(part) ? `"${part.replaceAll('"', String.raw`\"`)}"` : part;
}

export function unquoteNamePart(part: string): string {
  return part.startsWith('"') ? part.slice(1, -1).replaceAll(/(?:\\|")"/g, '"') : part;
}

/** Servers and clients escape a quote within a quoted part by doubling it or with a backslash. */
const LAST_PART = /^(?:(?<parent>.*)\.)?(?<name>"(?:[^"\\]|\\.|"")*"|[^."]*)$/s;

/** The parent's fully qualified name; empty for a name of one part. */
export function parentOf(fqn: string): string {
  return LAST_PART.exec(fqn)?.groups?.['parent'] ?? '';
}

/** The last part of a fully qualified name, unquoted. */
export function ownNameOf(fqn: string): string {
  return unquoteNamePart(LAST_PART.exec(fqn)?.groups?.['name'] ?? fqn);
}

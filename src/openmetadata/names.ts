/** Sequences that OpenMetadata reserves in the names of tables, columns and constraints, and what it writes for them. */
const RESERVED: readonly (readonly [string, string])[] = [
  ['::', '__reserved__colon__'],
  ['>', '__reserved__arrow__'],
  ['"', '__reserved__quote__'],
];

/** The name OpenMetadata's own ingestion would send: reserved sequences replaced. */
export function entityName(name: string): string {
  return RESERVED.reduce((text, [reserved, written]) => text.replaceAll(reserved, written), name);
}

/** A fully qualified name; parts that hold a dot or a quote are put in quotes, as the server does. */
export function fullyQualifiedName(...parts: readonly string[]): string {
  return parts.map((part) => (/[."]/.test(part) ? `"${part.replaceAll('"', '\\"')}"` : part)).join('.');
}

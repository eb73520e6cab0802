import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { SECRET_FIELDS } from '../../src/connectors/salesforce/sign-in/connection-schema.ts';
import { openMetadataSchemasPresent } from '../support/openmetadata-schemas.ts';

const root = resolve(import.meta.dirname, '../..');
const document = readFileSync(join(root, 'docs/salesforce.md'), 'utf8');
/** What stands as code in the first cell of any row of a table. */
const inTables = new Set(
  [...document.matchAll(/^\| (?<cell>[^|]+) \|/gm)].flatMap(({ groups }) =>
    [...groups!['cell']!.matchAll(/`(?<name>[^`]+)`/g)].map((match) => match.groups!['name']!),
  ),
);

interface ObjectSchema {
  readonly properties: Readonly<Record<string, unknown>>;
}

function propertiesOf(path: string): string[] {
  const folder =
    process.env['OPENMETADATA_SCHEMAS'] ?? join(root, '../shared/openmetadata-schemas');
  return Object.keys(
    (JSON.parse(readFileSync(join(folder, path), 'utf8')) as ObjectSchema).properties,
  );
}

describe('docs/salesforce.md', () => {
  it('lists every secret field in the table of the connection', () => {
    expect(
      SECRET_FIELDS.filter((field) => !document.includes(`\`${field.split('.').at(-1)!}\``)),
    ).toEqual([]);
  });

  it.runIf(openMetadataSchemasPresent)('lists every field of OpenMetadata’s connection', () => {
    expect(
      propertiesOf('entity/services/connections/database/salesforceConnection.json').filter(
        (name) => !inTables.has(name),
      ),
    ).toEqual([]);
  });

  it.runIf(openMetadataSchemasPresent)('describes every option of OpenMetadata’s pipeline', () => {
    expect(
      propertiesOf('metadataIngestion/databaseServiceMetadataPipeline.json').filter(
        (name) => name !== 'type' && !inTables.has(name),
      ),
    ).toEqual([]);
  });

  it('links to existing documents and headings', () => {
    const anchors = new Set(
      [...document.matchAll(/^#+ (?<title>.+)$/gm)].map(({ groups }) => {
        const title = groups!['title']!.toLowerCase();
        return `#${title.replace(/[^\w\s-]/g, '').replace(/\s/g, '-')}`;
      }),
    );
    const links = [...document.matchAll(/\]\((?<to>[^)]+)\)/g)]
      .map(({ groups }) => groups!['to']!)
      .filter((to) => !to.startsWith('https://'));
    expect(
      links.filter((to) =>
        to.startsWith('#') ? !anchors.has(to) : !existsSync(join(root, 'docs', to)),
      ),
    ).toEqual([]);
  });
});

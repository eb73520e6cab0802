import { loadSync } from '@grpc/proto-loader';
import type { RunRecord } from '../../foundation/src/domain/record.ts';
import { protoPath } from '../../src/channel/codec.ts';

/** A field of a record or frame, and the type of its value. */
export type Fields = ReadonlyMap<string, string>;

/** Objects whose members are named by the data, not by the program: `*` stands for a name. */
const NAMED_BY_DATA = new Set(['counts', 'data', 'properties.columns']);

/** The fields of all records of a kind, for example of `entity table`. */
export function fieldsByKind(records: readonly RunRecord[]): Map<string, Map<string, string>> {
  const kinds = new Map<string, Map<string, string>>();
  for (const record of records) {
    const name = 'type' in record ? `${record.kind} ${record.type}` : record.kind;
    const fields = kinds.get(name) ?? new Map<string, string>();
    kinds.set(name, fields);
    addFields(record, '', fields);
  }
  return new Map([...kinds].sort(byName));
}

function addFields(value: unknown, path: string, fields: Map<string, string>): void {
  if (Array.isArray(value)) for (const item of value) addFields(item, `${path}[]`, fields);
  else if (typeof value === 'object' && value !== null)
    for (const [name, member] of Object.entries(value))
      addFields(member, memberOf(path, name), fields);
  else {
    const types = new Set((fields.get(path) ?? '').split(' or ')).add(typeOf(value));
    fields.set(path, [...types].filter(Boolean).sort().join(' or '));
  }
}

function memberOf(path: string, name: string): string {
  if (path === '') return name;
  return `${path}.${NAMED_BY_DATA.has(path) ? '*' : name}`;
}

function typeOf(value: unknown): string {
  return value === null ? 'null' : typeof value;
}

/** The frames that a runner sends, from the proto. */
export function framesOfRunner(names: readonly string[]): Map<string, Map<string, string>> {
  const definitions = loadSync(protoPath(), { keepCase: true });
  return new Map(
    names.map((name) => {
      const fields = new Map<string, string>();
      addMessage(name, '', fields);
      return [name, fields];
    }),
  );

  function addMessage(name: string, path: string, fields: Map<string, string>): void {
    const { field } = descriptorOf(name);
    for (const { name: member, label, type, typeName } of field) {
      const at = `${path}${member}${label === 'LABEL_REPEATED' ? '[]' : ''}`;
      if (type === 'TYPE_MESSAGE') addMessage(typeName, `${at}.`, fields);
      else fields.set(at, type.replace('TYPE_', '').toLowerCase());
    }
  }

  function descriptorOf(name: string): Descriptor {
    const full = `hybrid.runner.v1.${name.split('.').at(-1)!}`;
    const definition = definitions[full];
    if (definition === undefined) throw new Error(`no message ${full}`);
    return definition.type as Descriptor;
  }
}

interface Descriptor {
  readonly field: readonly {
    readonly name: string;
    readonly label: string;
    readonly type: string;
    readonly typeName: string;
  }[];
}

function byName([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number {
  return a < b ? -1 : 1;
}

/** A Markdown table of fields. `withheldBy` has the key of the policy that withholds one. */
export function fieldTable(
  fields: Fields,
  withheldBy: ReadonlyMap<string, string> = new Map<string, string>(),
): string {
  const sorted = [...fields].sort(byName);
  if (!sorted.some(([name]) => withheldBy.has(name)))
    return ['| field | type |', '|---|---|']
      .concat(
        sorted.map(([name, type]) => `| \`${name}\` | ${type} |`),
        '',
      )
      .join('\n');
  return ['| field | type | withheld by |', '|---|---|---|']
    .concat(
      sorted.map(([name, type]) => `| \`${name}\` | ${type} | ${withheldBy.get(name) ?? ''} |`),
      '',
    )
    .join('\n');
}

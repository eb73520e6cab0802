import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadCodec, protoPath } from './codec.ts';
import type { Frame } from './frames.ts';

/** `name: type` of every field of every message of the proto, in the words of frames.ts. */
function protoMessages(): Map<string, string[]> {
  const text = readFileSync(protoPath(), 'utf8').replaceAll(/\/\/.*$/gm, '');
  return new Map(
    [...text.matchAll(/message (?<name>\w+) \{(?<body>(?:[^{}]|\{[^{}]*\})*)\}/g)].map(
      ({ groups }) => {
        const fields = [
          ...groups!['body']!.matchAll(/(?<repeated>repeated )?(?<type>\w+) (?<field>\w+) = \d+;/g),
        ].map((match) => match.groups!);
        return [
          groups!['name']!,
          fields.map(
            ({ repeated, type, field }) =>
              `${camel(field!)}: ${repeated === undefined ? '' : 'readonly '}${scriptType(type!)}${repeated === undefined ? '' : '[]'}`,
          ),
        ];
      },
    ),
  );
}

function camel(name: string): string {
  return name.replaceAll(/_(\w)/g, (_match, letter: string) => letter.toUpperCase());
}

const RENAMED: Readonly<Record<string, string>> = {
  AttemptRef: 'WireAttemptRef',
  Progress: 'ProgressFrame',
};

function scriptType(type: string): string {
  if (/^u?int(?:32|64)$/.test(type)) return 'number';
  if (type === 'bytes') return 'Uint8Array';
  if (type === 'bool') return 'boolean';
  return RENAMED[type] ?? type;
}

function scriptInterfaces(): Map<string, string[]> {
  const text = readFileSync(join(import.meta.dirname, 'frames.ts'), 'utf8');
  return new Map(
    [...text.matchAll(/interface (?<name>\w+) \{(?<body>[^}]*)\}/g)].map(({ groups }) => [
      groups!['name']!,
      [...groups!['body']!.matchAll(/readonly (?<field>\w+: [^;]+);/g)].map(
        (match) => match.groups!['field']!,
      ),
    ]),
  );
}

describe('frames.ts', () => {
  const proto = protoMessages();
  const script = scriptInterfaces();

  it('has every message of the proto', () => {
    expect(proto.size).toBeGreaterThan(20);
    expect(
      [...proto.keys()]
        .filter((name) => name !== 'Frame')
        .map((name) => RENAMED[name] ?? name)
        .sort(),
    ).toEqual([...script.keys()].filter((name) => name !== 'Bodies').sort());
  });

  it.each([...proto.keys()].filter((name) => name !== 'Frame'))(
    'has the fields of %s, with their types',
    (name) => {
      expect(script.get(RENAMED[name] ?? name)!.toSorted()).toEqual(proto.get(name)!.toSorted());
    },
  );

  it('has every kind of frame', () => {
    expect(script.get('Bodies')!.toSorted()).toEqual(proto.get('Frame')!.toSorted());
  });

  it.each(['Verdict', 'Codec', 'NackCode'])('has the values of %s', (name) => {
    const values = /enum \w+ \{(?<body>[^}]*)\}/.source.replace('\\w+', name);
    const declared = [
      ...new RegExp(values)
        .exec(readFileSync(protoPath(), 'utf8'))!
        .groups!['body']!.matchAll(/(?<value>[A-Z_]+) = \d+;/g),
    ].map((match) => match.groups!['value']!);
    const text = readFileSync(join(import.meta.dirname, 'frames.ts'), 'utf8');
    const union = new RegExp(`type ${name} =(?<union>[^;]*);`).exec(text)!.groups!['union']!;
    expect([...union.matchAll(/'(?<value>\w+)'/g)].map((match) => match.groups!['value']!)).toEqual(
      declared,
    );
  });
});

describe('the codec', () => {
  it('gives numbers, names and bytes in the forms of frames.ts', async () => {
    const { encode, decode } = await loadCodec();
    const frame: Frame = {
      kind: 'welcome',
      body: {
        positions: [
          {
            ref: { runId: 'r', attempt: 2, epoch: Number.MAX_SAFE_INTEGER },
            verdict: 'VERDICT_KEEP',
            storedSequence: 2 ** 45,
          },
        ],
        creditBytes: 8 << 20,
        heartbeatIntervalMs: 15_000,
        maxBatchBytes: 1 << 20,
        controlPlane: 'x',
        features: ['zstd'],
      },
    };
    expect(decode(encode(frame))).toEqual(frame);
  });

  it('fills in what the other side left out', async () => {
    const { decode } = await loadCodec();
    expect(decode(Buffer.from('7200', 'hex'))).toEqual({
      kind: 'ack',
      body: { ref: null, upTo: 0 },
    });
  });

  it('ignores fields that it does not know', async () => {
    const { decode } = await loadCodec();
    expect(decode(Buffer.from('720510059a0600', 'hex'))).toEqual({
      kind: 'ack',
      body: { ref: null, upTo: 5 },
    });
  });

  it('refuses bytes that are not a frame', async () => {
    const { decode, decodeStatement } = await loadCodec();
    for (const bytes of ['ff', '0aff', '6a7f01'])
      expect(() => decode(Buffer.from(bytes, 'hex'))).toThrow(
        expect.objectContaining({ code: 'PROTOCOL_VIOLATION' }),
      );
    expect(() => decodeStatement(Buffer.from('0aff', 'hex'))).toThrow(
      expect.objectContaining({ code: 'PROTOCOL_VIOLATION' }),
    );
  });
});

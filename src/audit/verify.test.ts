import { mkdtemp, readdir, readFile, rm, unlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Disk } from '../../foundation/src/runtime/disk.ts';
import { nodeDisk } from '../../foundation/src/runtime/node-disk.ts';
import { encodeLine, START, type Link } from './line.ts';
import { verifyTrail } from './verify.ts';

const FILES = 4;
const LINES = 2_500;
let directory: string;
const texts: string[] = [];
let head: Link = START;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'verify-'));
  for (let file = 0; file < FILES; file++) {
    let text = '';
    for (let line = 0; line < LINES; line++) {
      const encoded = encodeLine({ event: 'secret', reference: `secret:/a/${line}` }, head, line);
      text += encoded.text;
      head = encoded;
    }
    texts.push(text);
  }
});
afterAll(() => rm(directory, { recursive: true }));

const nameOf = (file: number): string =>
  `audit-${String(file * LINES + 1).padStart(12, '0')}.jsonl`;

beforeEach(async () => {
  for (const name of await readdir(directory)) await unlink(join(directory, name));
  for (const [file, text] of texts.entries()) await writeFile(join(directory, nameOf(file)), text);
});

const problems = async (heads: readonly Link[] = []): Promise<readonly string[]> =>
  (await verifyTrail(nodeDisk, directory, heads)).problems;

async function alter(file: number, change: (lines: string[]) => string[]): Promise<void> {
  const path = join(directory, nameOf(file));
  const lines = (await readFile(path, 'utf8')).split('\n').slice(0, -1);
  await writeFile(
    path,
    change(lines)
      .map((line) => `${line}\n`)
      .join(''),
  );
}

describe('the verification of an audit trail of 10,000 lines', () => {
  it('finds a fork by two heads of the same line', async () => {
    const forged = { number: head.number, hash: 'f'.repeat(64) };
    for (const heads of [
      [head, forged],
      [forged, head],
    ])
      expect(await problems(heads)).toEqual([expect.stringContaining('not the line that was')]);
  });

  it('finds nothing in one that was not touched', async () => {
    expect(await verifyTrail(nodeDisk, directory, [head])).toMatchObject({
      files: FILES,
      lines: FILES * LINES,
      problems: [],
    });
  });

  it.each([0, 1, 1_234, LINES - 1])(
    'finds line %i deleted, changed, doubled or moved',
    async (at) => {
      const changes: ((lines: string[]) => string[])[] = [
        (lines) => lines.toSpliced(at, 1),
        (lines) => lines.with(at, lines[at]!.replace('secret:/a', 'secret:/b')),
        (lines) => lines.with(at, lines[at]!.replace('"event"', ' "event"')),
        (lines) => lines.toSpliced(at, 0, lines[at]!),
        (lines) => [
          ...lines.toSpliced(at, 1).slice(0, 50),
          lines[at]!,
          ...lines.toSpliced(at, 1).slice(50),
        ],
      ];
      for (const change of changes) {
        const original = texts[1]!;
        await alter(1, change);
        if ((await readFile(join(directory, nameOf(1)), 'utf8')) !== original)
          expect(await problems()).not.toEqual([]);
        await writeFile(join(directory, nameOf(1)), original);
      }
    },
  );

  it('finds a changed line whose hash was made again', async () => {
    await alter(1, (lines) => {
      const { previous, number } = JSON.parse(lines[7]!) as { previous: string; number: number };
      const forged = encodeLine({ event: 'other' }, { number: number - 1, hash: previous }, 1);
      return lines.with(7, forged.text.trimEnd());
    });
    expect(await problems()).not.toEqual([]);
  });

  it.each([0, 1, 2])('finds file %i missing', async (file) => {
    await unlink(join(directory, nameOf(file)));
    expect(await problems()).not.toEqual([]);
  });

  it('finds lines cut from the end only with a head from elsewhere', async () => {
    await alter(FILES - 1, (lines) => lines.slice(0, -3));
    expect(await problems()).toEqual([]);
    expect(await problems([head])).toEqual(['lines 9998 to 10000 were cut from the end']);
  });

  it('finds an end that was cut and written again', async () => {
    await alter(FILES - 1, (lines) => {
      const { previous, number } = JSON.parse(lines.at(-1)!) as {
        previous: string;
        number: number;
      };
      const forged = encodeLine({ event: 'other' }, { number: number - 1, hash: previous }, 1);
      return [...lines.slice(0, -1), forged.text.trimEnd()];
    });
    expect(await problems()).toEqual([]);
    expect(await problems([head])).toHaveLength(1);
  });

  it('notes an incomplete last line, which a crash can leave', async () => {
    await writeFile(join(directory, nameOf(3)), texts[3]!.slice(0, -10));
    expect(await verifyTrail(nodeDisk, directory)).toMatchObject({
      problems: [],
      notes: [expect.stringContaining('is incomplete')],
    });
  });

  it('counts the problems that it does not list', async () => {
    await alter(1, (lines) => lines.map((line) => line.replace('secret:/a', 'secret:/b')));
    const { problems: listed, omittedProblems } = await verifyTrail(nodeDisk, directory);
    expect(listed).toHaveLength(20);
    expect(listed[0]).toMatch(/:1 is damaged or was modified$/);
    expect(omittedProblems).toBeGreaterThan(LINES - 20);
  });

  it('notes that there is no trail', async () => {
    for (const name of await readdir(directory)) await unlink(join(directory, name));
    const expected = { lines: 0, notes: [`there is no audit trail in ${directory}`] };
    expect(await verifyTrail(nodeDisk, directory)).toMatchObject(expected);
    const missing = join(directory, 'missing');
    expect((await verifyTrail(nodeDisk, missing)).notes).toEqual([
      `there is no audit trail in ${missing}`,
    ]);
  });

  it('starts again when a file expires meanwhile', async () => {
    let listings = 0;
    const disk: Disk = {
      ...nodeDisk,
      list: async (path) => {
        const names = await nodeDisk.list(path);
        if (++listings === 1) await unlink(join(directory, nameOf(0)));
        return names;
      },
    };
    expect(await verifyTrail(disk, directory)).toMatchObject({
      files: FILES - 1,
      problems: [`lines 1 to ${LINES} are missing without an expiry record`],
    });
  });
});

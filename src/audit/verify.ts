import { type Disk, readAll } from '../../foundation/src/runtime/disk.ts';
import { isMissing } from '../../foundation/src/runtime/errno.ts';
import { trailFiles, type TrailFile } from './files.ts';
import { type Line, type Link, parseLine, START } from './line.ts';

export interface TrailReport {
  readonly files: number;
  readonly lines: number;
  readonly end: Link;
  /** What is wrong, each with its file and line; the first of them. Valid if there is none. */
  readonly problems: readonly string[];
  readonly omittedProblems: number;
  /** What is worth knowing and no fault. */
  readonly notes: readonly string[];
}

const MAX_PROBLEMS = 20;

/** More files than can expire while a trail is read. */
const MAX_TRIES = 5;

/**
 * Checks every line of a trail: hashes, numbers, and that nothing was cut at the beginning without
 * a record. Lines cut at the end are noticed if `heads`, from elsewhere, name one of them.
 */
export async function verifyTrail(
  disk: Disk,
  directory: string,
  heads: readonly Link[] = [],
): Promise<TrailReport> {
  for (let tries = 1; ; tries++) {
    try {
      return await verifyOnce(disk, directory, heads);
    } catch (thrown) {
      // A file expired meanwhile; the line that says so is in one that was not read yet.
      if (!isMissing(thrown) || tries === MAX_TRIES) throw thrown;
    }
  }
}

async function verifyOnce(
  disk: Disk,
  directory: string,
  heads: readonly Link[],
): Promise<TrailReport> {
  const verification = new Verification(heads);
  const files = await trailFiles(disk, directory);
  if (files.length === 0) verification.note(`there is no audit trail in ${directory}`);
  for (const [index, file] of files.entries())
    verification.file(
      file,
      (await readAll(disk, file.path)).toString(),
      index === files.length - 1,
    );
  return verification.report(files.length);
}

class Verification {
  readonly #problems: string[] = [];
  readonly #notes: string[] = [];
  /** Two heads may name the same line: a forked trail has had two. */
  readonly #heads = new Map<number, Set<string>>();
  readonly #expired = new Map<number, unknown>();
  #begin: Link = START;
  #end: Link = START;
  #lines = 0;

  constructor(heads: readonly Link[]) {
    for (const { number, hash } of heads)
      this.#heads.set(number, (this.#heads.get(number) ?? new Set()).add(hash));
  }

  note(text: string): void {
    this.#notes.push(text);
  }

  file({ path, first }: TrailFile, text: string, isLast: boolean): void {
    const lines = text.split('\n');
    const rest = lines.pop();
    if (rest !== '' && isLast) this.note(`${path}: the last line is incomplete`);
    else if (rest !== '') this.#problem(path, lines.length + 1, 'is incomplete');
    for (const [index, each] of lines.entries()) {
      const line = parseLine(each);
      if (line === undefined) this.#problem(path, index + 1, 'is damaged or was modified');
      else this.#line(line, `${path}:${index + 1}`, index === 0 ? first : undefined);
    }
  }

  report(files: number): TrailReport {
    const { number, hash } = this.#begin;
    if (number > 0 && this.#expired.get(number) !== hash)
      this.#problems.push(`lines 1 to ${number} are missing without an expiry record`);
    for (const head of this.#heads.keys())
      if (head > this.#end.number)
        this.#problems.push(`lines ${this.#end.number + 1} to ${head} were cut from the end`);
    return {
      files,
      lines: this.#lines,
      end: this.#end,
      problems: this.#problems.slice(0, MAX_PROBLEMS),
      omittedProblems: Math.max(0, this.#problems.length - MAX_PROBLEMS),
      notes: this.#notes,
    };
  }

  #line({ number, previous, hash, event, ...fields }: Line, at: string, first?: number): void {
    if (this.#lines === 0) {
      this.#begin = { number: number - 1, hash: previous };
      this.#end = this.#begin;
    }
    this.#lines += 1;
    if (number !== this.#end.number + 1)
      this.#problems.push(`${at} has number ${number} instead of ${this.#end.number + 1}`);
    else if (previous !== this.#end.hash)
      this.#problems.push(`${at} does not follow the line before it`);
    if (first !== undefined && first !== number)
      this.#problems.push(`${at} is not the first line of its file`);
    for (const head of this.#heads.get(number) ?? [])
      if (head !== hash) this.#problems.push(`${at} is not the line that was signed`);
    if (event === 'trailExpired') this.#expired.set(Number(fields['through']), fields['lastHash']);
    this.#end = { number, hash };
  }

  #problem(path: string, line: number, what: string): void {
    this.#problems.push(`${path}:${line} ${what}`);
  }
}

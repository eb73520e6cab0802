/*
 * A support bundle leaves the machine, so it may contain no secret. What must never break: every
 * file passes `cleanText` with all stored secrets known, and logs stay out if that is not possible.
 */
import { gzipSync } from 'node:zlib';
import { cleanText } from './clean-text.ts';
import { failure, PARTS, type BundleSource, type Part } from './parts.ts';
import { tar, type TarFile } from './tar.ts';
import type { Redactor } from '../../redaction/redactor.ts';

const FOLDER = 'hybrid-runner-support';

export interface BundleOptions {
  readonly source: BundleSource;
  readonly redactor: Redactor;
  /** Tells the redactor every stored secret. Throws if it cannot know all of them. */
  readonly protect: () => Promise<void>;
  readonly version: string;
  readonly now: number;
}

export interface BundledFile {
  readonly name: string;
  readonly bytes: number;
  readonly contents: string;
}

export interface Bundle {
  readonly archive: Buffer;
  readonly files: readonly BundledFile[];
}

/** Collects everything; a part that fails is there with its error. */
export async function makeBundle(options: BundleOptions): Promise<Bundle> {
  const { version, now } = options;
  const unprotected = await options.protect().then(
    () => undefined,
    (thrown: unknown) => failure(thrown),
  );
  const files: (TarFile & { readonly contents: string })[] = [];
  for (const part of PARTS) {
    const value =
      part.isLog === true && unprotected !== undefined
        ? { leftOut: 'failed to read the stored secrets to remove them', ...unprotected }
        : await part.collect(options.source).catch(failure);
    files.push({ ...fileOf(part, value, options.redactor), contents: part.contents });
  }
  const list = files.map(({ name, content, contents }) => ({
    name,
    bytes: content.length,
    contents,
  }));
  const manifest = { version, createdAt: new Date(now).toISOString(), files: list };
  const archive = tar(
    [{ name: `${FOLDER}/manifest.json`, content: json(manifest) }].concat(
      files.map(({ name, content }) => ({ name: `${FOLDER}/${name}`, content })),
    ),
    now,
  );
  return { archive: gzipSync(archive, { level: 9 }), files: list };
}

function fileOf({ name }: Part, value: unknown, redactor: Redactor): TarFile {
  const text = typeof value === 'string' ? value : json(value).toString();
  return { name, content: Buffer.from(cleanText(text, redactor)) };
}

function json(value: unknown): Buffer {
  return Buffer.from(`${JSON.stringify(value, undefined, 2)}\n`);
}

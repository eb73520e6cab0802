import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import type { Entry } from './entries.ts';

export interface Descriptor {
  readonly mediaType: string;
  readonly digest: string;
  readonly size: number;
}

/** The content of an OCI layout, by digest. */
export class Blobs {
  readonly #contents = new Map<string, Buffer>();

  add(mediaType: string, content: Buffer): Descriptor {
    const digest = digestOf(content);
    this.#contents.set(digest, content);
    return { mediaType, digest, size: content.length };
  }

  addJson(mediaType: string, value: object): Descriptor {
    return this.add(mediaType, Buffer.from(JSON.stringify(value)));
  }

  entries(): Entry[] {
    return [...this.#contents].map(([digest, content]) => ({
      kind: 'file',
      path: `blobs/${digest.replace(':', '/')}`,
      content,
      mode: 0o644,
    }));
  }
}

export function digestOf(content: Buffer): string {
  return `sha256:${createHash('sha256').update(content).digest('hex')}`;
}

const compressed = new Map<string, Buffer>();

/** Images have layers in common, and compressing the one of Node.js takes seconds. */
export function compress(layer: Buffer): Buffer {
  const digest = digestOf(layer);
  const known = compressed.get(digest) ?? gzipSync(layer, { level: 9 });
  compressed.set(digest, known);
  return known;
}

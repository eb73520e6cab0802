import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** The value in the encodings of JSON, URLs, base64 and hex. */
function forms(value: string): string[] {
  const json = JSON.stringify(value).slice(1, -1);
  const base64 = Buffer.from(value).toString('base64').replace(/=+$/, '').slice(0, -2);
  return [
    value,
    json,
    JSON.stringify(json).slice(1, -1),
    encodeURIComponent(value),
    base64,
    Buffer.from(value).toString('hex'),
  ];
}

/** Files below a directory, while a running program may delete some. */
export function filesUnder(directory: string): string[] {
  return (ifPresent(() => readdirSync(directory, { withFileTypes: true })) ?? []).flatMap(
    (entry) => {
      const path = join(directory, entry.name);
      return entry.isDirectory() ? filesUnder(path) : entry.isFile() ? [path] : [];
    },
  );
}

export function contentOf(path: string): Buffer {
  return ifPresent(() => readFileSync(path)) ?? Buffer.alloc(0);
}

/** Undefined if the file or its process is gone, or is not readable for this user. */
function ifPresent<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (thrown) {
    if (['ENOENT', 'ESRCH', 'EACCES'].includes((thrown as NodeJS.ErrnoException).code ?? ''))
      return undefined;
    throw thrown;
  }
}

export function found(haystack: Buffer, secrets: readonly string[]): string[] {
  return secrets.filter((secret) => forms(secret).some((form) => haystack.includes(form)));
}

/** Arguments and environments of all other processes. */
export function processFiles(): Buffer {
  const others = readdirSync('/proc').filter(
    (name) => /^\d+$/.test(name) && Number(name) !== process.pid,
  );
  return Buffer.concat(
    others.flatMap((pid) =>
      ['cmdline', 'environ'].map((file) => contentOf(`/proc/${pid}/${file}`)),
    ),
  );
}

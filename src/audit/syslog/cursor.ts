import { join } from 'node:path';
import { z } from 'zod';
import { tryParseJson } from '../../../foundation/src/domain/json.ts';
import { replaceFile } from '../../../foundation/src/runtime/atomic-write.ts';
import { type Disk, readIfPresent } from '../../../foundation/src/runtime/disk.ts';
import { START } from '../line.ts';

const cursorSchema = z.object({
  /** The server, as `host:port`. */
  server: z.string(),
  /** The last line that it has; 0 if it has none. */
  number: z.int().nonnegative(),
  /** Of that line; empty if it is damaged. */
  hash: z.string(),
  /** Where the next line is: the first line of its file, and the position in it. */
  file: z.int().nonnegative(),
  position: z.int().nonnegative(),
});

/** Up to where a server has the trail. */
export type Cursor = Readonly<z.infer<typeof cursorSchema>>;

export function startOf(server: string): Cursor {
  return { server, ...START, file: 0, position: 0 };
}

/** At the start of the trail if there is none for this server. Throws the errors of the disk. */
export async function readCursor(disk: Disk, stateDir: string, server: string): Promise<Cursor> {
  const content = await readIfPresent(disk, fileIn(stateDir));
  const cursor = content === undefined ? undefined : parse(content.toString());
  return cursor?.server === server ? cursor : startOf(server);
}

/** Durable when this resolves. */
export async function writeCursor(disk: Disk, stateDir: string, cursor: Cursor): Promise<void> {
  await replaceFile(disk, fileIn(stateDir), JSON.stringify(cursor));
}

/** A cursor that cannot be read is none: lines that arrive again are recognized by their number. */
function parse(content: string): Cursor | undefined {
  return cursorSchema.safeParse(tryParseJson(content)?.value).data;
}

function fileIn(stateDir: string): string {
  return join(stateDir, 'audit-syslog.json');
}

import { readFile, stat } from 'node:fs/promises';
import { parse } from 'yaml';
import { requireFlag, type Flags } from '../invocation.ts';

/** The largest file that is read to find out what it is. */
const MAX_BYTES = 4 * 1024 * 1024;

export interface WorkflowFlag {
  readonly file: string;
  /** The flags without the one that names the workflow. */
  readonly flags: Flags;
}

/**
 * The workflow file of a command: `--workflow` or `-c`, or `--config` as users of OpenMetadata's
 * own command type it. `--config` is the configuration of the runner if it names a directory, or if
 * the workflow is named as well; otherwise the file itself tells which of the two it is. Throws
 * USAGE if there is none.
 */
export async function findWorkflow(flags: Flags): Promise<WorkflowFlag> {
  const config = flags.get('config');
  if (!flags.has('workflow') && typeof config === 'string' && (await isWorkflow(config)))
    return { file: config, flags: new Map([...flags].filter(([name]) => name !== 'config')) };
  return { file: requireFlag(flags, 'workflow'), flags };
}

/** Only a workflow has a source; the configuration has no such setting. */
async function isWorkflow(path: string): Promise<boolean> {
  try {
    if ((await stat(path)).size > MAX_BYTES) return false;
    const document: unknown = parse(await readFile(path, 'utf8'), { maxAliasCount: 100 });
    return typeof document === 'object' && document !== null && 'source' in document;
  } catch {
    return false;
  }
}

import { readFile } from 'node:fs/promises';
import { parse, YAMLParseError } from 'yaml';
import type { Workflow } from '../../../openmetadata/src/workflow.ts';
import { RunnerError } from '../../../foundation/src/runtime/errors.ts';
import { parseJobDocument } from '../../worker/job-document.ts';

export interface WorkflowFile {
  /** The document as JSON. */
  readonly text: string;
  readonly workflow: Workflow;
}

/** Reads a workflow document, YAML or JSON. Throws FILE_UNREADABLE and JOB_INVALID. */
export async function readWorkflowFile(file: string): Promise<WorkflowFile> {
  const text = JSON.stringify(parseYaml(await readText(file), file) ?? null);
  return { text, workflow: parseJobDocument(text).workflow };
}

async function readText(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (thrown) {
    throw new RunnerError('FILE_UNREADABLE', `failed to read workflow file ${file}`, {
      cause: thrown,
    });
  }
}

function parseYaml(content: string, file: string): unknown {
  try {
    return parse(content, { maxAliasCount: 100 });
  } catch (thrown) {
    throw new RunnerError('JOB_INVALID', `${file} is not valid YAML${problemOf(thrown)}`, {
      remedy: 'Check indentation, quotes and repeated keys.',
    });
  }
}

/**
 * Kind and position of a problem, without the parser's message: that quotes the line, which may
 * contain a password.
 */
function problemOf(thrown: unknown): string {
  if (!(thrown instanceof YAMLParseError)) return '';
  const kind = thrown.code.toLowerCase().replaceAll('_', ' ');
  const at = thrown.linePos?.[0];
  return at === undefined ? `: ${kind}` : `: ${kind} in line ${at.line}, column ${at.col}`;
}

import { tryParseJson } from '../../foundation/src/domain/json.ts';
import type { LogLevel } from '../../foundation/src/domain/record.ts';
import { type Workflow, workflowSchema } from '../../openmetadata/src/workflow.ts';
import { RunnerError } from '../../foundation/src/runtime/errors.ts';

export interface JobDocument {
  /** As received, with fields that the schema of `workflow` leaves out. */
  readonly document: unknown;
  readonly workflow: Workflow;
}

/**
 * Parses a job's workflow document. Throws JOB_INVALID with every problem, by path and without
 * values.
 */
export function parseJobDocument(text: string): JobDocument {
  const document = parseText(text);
  const result = workflowSchema.safeParse(document);
  if (result.success) return { document, workflow: result.data };
  const problems = result.error.issues.map(
    (issue) => `${issue.path.join('.') || 'the document'}: ${issue.message}`,
  );
  throw new RunnerError(
    'JOB_INVALID',
    `invalid workflow (${problems.length} ${problems.length === 1 ? 'problem' : 'problems'}): ${problems.join('; ')}`,
  );
}

function parseText(text: string): unknown {
  const parsed = tryParseJson(text);
  // Without the parser's error: it quotes the document, which can contain a password.
  if (parsed === undefined) throw new RunnerError('JOB_INVALID', 'the workflow is not valid JSON');
  return parsed.value;
}

const LEVELS: Readonly<Record<Workflow['workflowConfig']['loggerLevel'], LogLevel>> = {
  DEBUG: 'debug',
  INFO: 'info',
  WARN: 'warn',
  ERROR: 'error',
};

export function logLevelOf(workflow: Workflow): LogLevel {
  return LEVELS[workflow.workflowConfig.loggerLevel];
}

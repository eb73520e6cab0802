import type { LogLevel } from '../domain/record.ts';
import { type Workflow, workflowSchema } from '../openmetadata/workflow.ts';
import { RunnerError } from '../runtime/errors.ts';

export interface JobDocument {
  /** As it came, with every field that this program does not know. */
  readonly document: unknown;
  readonly workflow: Workflow;
}

/** Reads a job's workflow document. Throws JOB_INVALID that lists every problem, by place and never by value. */
export function parseJobDocument(text: string): JobDocument {
  const document = parseJson(text);
  const result = workflowSchema.safeParse(document);
  if (result.success) return { document, workflow: result.data };
  const problems = result.error.issues.map(
    (issue) => `${issue.path.join('.') || 'the document'}: ${issue.message}`,
  );
  throw new RunnerError(
    'JOB_INVALID',
    `the workflow has ${problems.length === 1 ? 'a problem' : `${problems.length} problems`}: ${problems.join('; ')}`,
  );
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (thrown) {
    throw new RunnerError('JOB_INVALID', 'the workflow is not JSON', { cause: thrown });
  }
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

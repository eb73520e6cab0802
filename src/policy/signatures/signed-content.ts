/** What the control plane sets for each run: the run's id. It decides nothing. */
const OF_ONE_RUN = 'pipelineRunId';
const RUN_ID = /^[\w-]{1,64}$/;

/**
 * The part of a workflow document that a signature covers: all of it but the id of the run.
 * Anything else under the name of that id is covered.
 */
export function signedContent(
  document: Readonly<Record<string, unknown>>,
): Readonly<Record<string, unknown>> {
  const { [OF_ONE_RUN]: runId, ...content } = document;
  return typeof runId === 'string' && RUN_ID.test(runId) ? content : document;
}

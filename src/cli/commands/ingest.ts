import type { OutcomeRecord } from '../../../foundation/src/domain/record.ts';
import { catalogServerOf } from '../../../openmetadata/src/catalog-server.ts';
import type { Workflow } from '../../../openmetadata/src/workflow.ts';
import { FileSink } from '../../worker/file-sink.ts';
import type { RecordSink } from '../../worker/record-sink.ts';
import { StreamSink } from '../../worker/stream-sink.ts';
import type { ExitCode } from '../exit-codes.ts';
import type { Invocation } from '../invocation.ts';
import { conclude } from '../local/conclude.ts';
import { runLocally } from '../local/local-attempt.ts';
import { counted } from '../terminal.ts';

/** For records that go to a catalog server only. */
const noSink: RecordSink = { write: () => Promise.resolve(), flush: () => Promise.resolve() };

/**
 * One ingestion. With `--out` its records go to that file as lines of JSON, the outcome last, and
 * also to the OpenMetadata server of the workflow's sink if the policy permits it. Without `--out`
 * they go to that server or, for a workflow without a sink, to standard output, which then contains
 * nothing else.
 */
export async function ingest(invocation: Invocation): Promise<ExitCode> {
  const { terminal, flags } = invocation;
  const out = flags.get('out');
  const places: string[] = [];
  let named: Workflow | undefined;
  let file: FileSink | undefined;
  const openSink = async (workflow: Workflow): Promise<RecordSink> => {
    named = workflow;
    if (typeof out === 'string') {
      file = await FileSink.open(out);
      places.push(out);
      return file;
    }
    const server = catalogServerOf(workflow);
    if (server === undefined) return new StreamSink(terminal.stdout);
    places.push(server.hostPort);
    return noSink;
  };
  try {
    const outcome = await runLocally(invocation, { kind: 'metadata', openSink, isRecorded: true });
    if (typeof out === 'string' && named !== undefined && reachedSink(outcome))
      places.unshift(catalogServerOf(named)?.hostPort ?? '');
    if (places.length > 0) terminal.result(outcome, summary(outcome, places));
    return conclude(invocation, outcome);
  } finally {
    await file?.close();
  }
}

function reachedSink({ steps }: OutcomeRecord): boolean {
  return steps.some(({ name }) => name === 'OpenMetadata');
}

function summary(
  { status, counts, startedAt, endedAt, failures }: OutcomeRecord,
  places: readonly string[],
): string {
  const figures = Object.entries(counts)
    .map(([name, count]) => counted(count, name))
    .join(', ');
  const lines = failures.map(({ name, code, message }) => `  ${name}: ${code}: ${message}`);
  return [
    `${status} in ${((endedAt - startedAt) / 1000).toFixed(1)} s: ${figures}`,
    ...lines,
    `records in ${places.join(' and ')}`,
  ].join('\n');
}

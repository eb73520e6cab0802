import type { OutcomeRecord } from '../../domain/record.ts';
import { FileSink } from '../../worker/file-sink.ts';
import type { RecordSink } from '../../worker/record-sink.ts';
import { StreamSink } from '../../worker/stream-sink.ts';
import type { ExitCode } from '../exit-codes.ts';
import type { Invocation } from '../invocation.ts';
import { conclude, runLocally } from '../local-attempt.ts';

/** One ingestion; its records are lines of JSON, the outcome last. With them on standard output, nothing else goes there. */
export async function ingest(invocation: Invocation): Promise<ExitCode> {
  const { terminal, flags } = invocation;
  const out = flags.get('out');
  let file: FileSink | undefined;
  const openSink = async (): Promise<RecordSink> => {
    if (typeof out !== 'string') return new StreamSink(terminal.stdout);
    file = await FileSink.open(out);
    return file;
  };
  try {
    const outcome = await runLocally(invocation, { kind: 'metadata', openSink });
    if (typeof out === 'string') terminal.result(outcome, summary(outcome, out));
    return conclude(invocation, outcome);
  } finally {
    await file?.close();
  }
}

function summary({ status, counts, startedAt, endedAt, failures }: OutcomeRecord, out: string): string {
  const figures = Object.entries(counts).map(([name, count]) => `${count} ${name}`).join(', ');
  const lines = failures.map(({ name, code, message }) => `  ${name}: ${code}: ${message}`);
  return [`${status} in ${((endedAt - startedAt) / 1000).toFixed(1)} s: ${figures}`, ...lines, `records in ${out}`].join('\n');
}

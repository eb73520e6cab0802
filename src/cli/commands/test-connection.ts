import type { RunRecord, StepRecord } from '../../../foundation/src/domain/record.ts';
import type { RecordSink } from '../../worker/record-sink.ts';
import type { ExitCode } from '../exit-codes.ts';
import type { Invocation } from '../invocation.ts';
import { conclude } from '../local/conclude.ts';
import { runLocally } from '../local/local-attempt.ts';

/** Shows the steps of a connection test, each as it ends. */
export async function testConnection(invocation: Invocation): Promise<ExitCode> {
  const { terminal } = invocation;
  const steps: StepRecord[] = [];
  const sink: RecordSink = {
    write: (line) => {
      const record = JSON.parse(line) as RunRecord;
      if (record.kind === 'step') {
        steps.push(record);
        if (!terminal.json) terminal.result(record, describe(record));
      }
      return Promise.resolve();
    },
    flush: () => Promise.resolve(),
  };
  const outcome = await runLocally(invocation, {
    kind: 'test_connection',
    openSink: () => Promise.resolve(sink),
  });
  const { status, error } = outcome;
  if (terminal.json)
    terminal.result({ status, steps, ...(error === undefined ? {} : { error }) }, '');
  return conclude(invocation, outcome);
}

function describe({ name, passed, mandatory, message, error }: StepRecord): string {
  const mark = passed ? '✓' : mandatory ? '✗' : '!';
  const remedy = error === undefined ? '' : `\n    → ${error.remedy}`;
  return `${mark} ${name}${message === '' ? '' : `: ${message}`}${remedy}`;
}

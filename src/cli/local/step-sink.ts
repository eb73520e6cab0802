import type { RunRecord, StepRecord } from '../../../foundation/src/domain/record.ts';
import type { RecordSink } from '../../worker/record-sink.ts';

/** Passes the steps among the records on. */
export function stepSink(show: (step: StepRecord) => void): RecordSink {
  return {
    write: (line) => {
      const record = JSON.parse(line.toString()) as RunRecord;
      if (record.kind === 'step') show(record);
      return Promise.resolve();
    },
    flush: () => Promise.resolve(),
  };
}

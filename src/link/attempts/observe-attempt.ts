import type { Job } from '../../../foundation/src/domain/job.ts';
import type { Metrics } from '../../../foundation/src/logging/metrics.ts';
import type { Tracer } from '../../../foundation/src/logging/tracer.ts';
import type { Figures } from '../../../foundation/src/runtime/worker-figures.ts';
import type { Attempt } from './attempt.ts';

/** Adds what a worker has reported. */
export function countFigures({ figures }: Figures, metrics: Metrics): void {
  for (const figure of figures)
    switch (figure.name) {
      case 'apiCalls':
        metrics.count(figure.name, figure.labels, figure.value);
        break;
      case 'secretResolutions':
        metrics.count(figure.name, figure.labels, figure.value);
        break;
      case 'secretReadAlarms':
        metrics.count(figure.name, figure.labels, figure.value);
        break;
      case 'apiCallsLimit':
      case 'apiCallsRemaining':
        metrics.set(figure.name, figure.labels, figure.value);
    }
}

/** Begins the trace of an attempt whose worker is about to be started. */
export function beginTrace(attempt: Attempt, job: Job, tracer: Tracer): void {
  const { ref, kind, traceparent } = job;
  attempt.trace = tracer.begin({ runId: ref.runId, attempt: ref.attempt, kind, traceparent });
}

/** Counts and traces an attempt whose worker has ended after `ms`. */
export function countEnded(attempt: Attempt, { kind }: Job, ms: number, metrics: Metrics): void {
  const { figures, state, trace } = attempt;
  const outcome = figures?.outcome ?? (state.name === 'gone' ? 'dropped' : 'interrupted');
  metrics.count('attempts', { kind, outcome });
  metrics.observe('attemptDuration', { kind }, ms / 1000);
  for (const { name, startedAt, endedAt } of figures?.phases ?? [])
    trace?.part(name, startedAt, endedAt);
  trace?.ended(outcome);
}

import type { Job } from '../../../foundation/src/domain/job.ts';
import type { Metrics } from '../../../foundation/src/logging/metrics.ts';
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
      case 'apiCallsLimit':
      case 'apiCallsRemaining':
        metrics.set(figure.name, figure.labels, figure.value);
    }
}

/** Counts an attempt whose worker has ended after `ms`. */
export function countEnded(attempt: Attempt, { kind }: Job, ms: number, metrics: Metrics): void {
  const unreported = attempt.state.name === 'gone' ? 'dropped' : 'interrupted';
  metrics.count('attempts', { kind, outcome: attempt.figures?.outcome ?? unreported });
  metrics.observe('attemptDuration', { kind }, ms / 1000);
}

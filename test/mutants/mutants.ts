import { AUDIT_MUTANTS } from './audit-mutants.ts';
import { IDENTITY_MUTANTS } from './identity-mutants.ts';
import { SEALING_MUTANTS } from './sealing-mutants.ts';
import { DOCTOR_MUTANTS } from './doctor-mutants.ts';
import type { Mutant } from './mutant.ts';
import { RELAY_MUTANTS } from './relay-mutants.ts';
import { POLICY_MUTANTS } from './policy-mutants.ts';

const SIMULATION = 'test/simulation/everything-1.test.ts';

export const MUTANTS: readonly Mutant[] = [
  {
    name: 'acknowledge one record too many',
    edits: [
      {
        file: 'control-plane/src/link/batch-store.ts',
        find: "kind: 'ack', upTo, ended",
        replace: "kind: 'ack', upTo: upTo + 1, ended",
      },
    ],
    tests: ['control-plane/test/delivery.test.ts', SIMULATION],
  },
  {
    name: 'send without fsync',
    edits: [
      {
        file: 'src/spool/segment-file.ts',
        find: "'createSynced'",
        replace: "'create'",
      },
    ],
    tests: ['test/contract/spool.model.test.ts', 'test/contract/spool.full-disk.test.ts'],
  },
  {
    name: 'store duplicate batches',
    edits: [
      {
        file: 'control-plane/src/link/batch-store.ts',
        find: 'unpacked.lines.slice(expected - batch.firstSequence)',
        replace: 'unpacked.lines',
      },
    ],
    tests: ['control-plane/test/delivery.test.ts'],
  },
  {
    name: 'accept writes of a stale epoch',
    edits: [
      {
        file: 'control-plane/src/runs/run.ts',
        find: 'return run.epoch === epoch && holder(run) === runnerId;',
        replace: 'return run.epoch >= epoch && holder(run) === runnerId;',
      },
      {
        file: 'control-plane/src/link/batch-store.ts',
        find: 'if (run.epoch !== ref.epoch && !canReturn',
        replace: 'if (run.epoch < ref.epoch && !canReturn',
      },
    ],
    tests: ['control-plane/test/leases.test.ts'],
  },
  {
    name: 'keep a torn tail',
    edits: [{ file: 'src/spool/recover.ts', find: 'await file.truncate(size);', replace: '' }],
    tests: ['test/contract/spool.contract.test.ts'],
  },
  {
    name: 'resend from a wrong position',
    edits: [
      {
        file: 'src/link/delivery/position.ts',
        find: 'if (expected !== this.#rewoundTo) this.#rewind(expected);',
        replace: 'if (expected !== this.#rewoundTo) this.#rewind(expected + 1);',
      },
    ],
    tests: ['src/link/delivery/delivery.test.ts'],
  },
  {
    name: 'resume from a wrong position after a lost connection',
    edits: [
      {
        file: 'src/link/delivery/position.ts',
        find: 'this.#next = stored + 1;',
        replace: 'this.#next = Math.max(1, stored);',
      },
    ],
    tests: ['src/link/delivery/delivery.test.ts'],
  },
  {
    name: 'keep the worker after a lost lease',
    edits: [
      {
        file: 'src/link/attempts/attempts.ts',
        find: "if (attempt.state.name === 'running') attempt.state.worker.kill();",
        replace: '',
      },
    ],
    tests: ['src/link/attempts/lease-loss.test.ts'],
  },
  {
    name: 'do not watch the lease in the worker',
    edits: [
      {
        file: 'src/worker/lease-watch.ts',
        find: 'for (let left = this.#left(); left > 0; left = this.#left())',
        replace: 'for (let left = this.#left(); ; left = Math.max(1, this.#left()))',
      },
    ],
    tests: ['src/worker/lease-watch.test.ts'],
  },
  {
    name: 'use state of another catalog revision',
    edits: [
      {
        file: 'src/worker/attempt-state-store.ts',
        find: 'if (stored.revision !== this.#catalogRevision) {',
        replace: "if (this.#catalogRevision === 'never') {",
      },
    ],
    tests: ['src/worker/run-attempt.state.test.ts', SIMULATION],
  },
  {
    name: 'let an older run overwrite a newer one',
    edits: [
      {
        file: 'control-plane/src/store/sqlite-entities.ts',
        find: '\n  WHERE excluded.generation >= entities.generation`',
        replace: '`',
      },
    ],
    tests: ['control-plane/test/late-runs.test.ts'],
  },
  {
    name: 'run two runs of a service concurrently',
    edits: [
      {
        file: 'control-plane/src/runs/placement.ts',
        find: 'return conflicting === undefined\n      ?',
        replace: "return conflicting !== 'never'\n      ?",
      },
    ],
    tests: ['control-plane/test/service-runs.test.ts', SIMULATION],
  },
  {
    name: 'offer a run immediately after a restart',
    edits: [
      {
        file: 'control-plane/src/runs/placement.ts',
        find: 'exclusiveFrom > now)',
        replace: 'exclusiveFrom < 0)',
      },
    ],
    tests: ['control-plane/test/placement.test.ts'],
  },
  {
    name: 'accept an offer with an expired lease',
    edits: [
      {
        file: 'src/link/session/offers.ts',
        find: 'if (leaseEndsAt <= clock.uptime())',
        replace: 'if (leaseEndsAt < 0)',
      },
    ],
    tests: ['src/link/session/offers.test.ts'],
  },
  {
    name: 'treat 503 as rejected credentials',
    edits: [
      {
        file: 'src/connectors/salesforce/sign-in/oauth-rejection.ts',
        find: 'const verdict = REJECTING.has(status)',
        replace: 'const verdict = status > 0',
      },
    ],
    tests: ['src/connectors/salesforce/sign-in/inconclusive.faults.test.ts'],
  },
  {
    name: 'accept two references to one secret',
    edits: [
      {
        file: 'src/secrets/providers/files.ts',
        find: 'if (foreign !== undefined)\n    throw',
        replace: 'if (foreign === null) throw',
      },
    ],
    tests: ['src/secrets/providers/one-reference.test.ts'],
  },
  {
    name: 'write records without redaction',
    edits: [
      {
        file: 'src/worker/record-stream.ts',
        find: 'if (this.#redact(json) === json) return',
        replace: "if (json !== '') return",
      },
    ],
    tests: ['src/worker/run-attempt.records.test.ts'],
  },
  {
    name: 'write log lines without redaction',
    edits: [
      {
        file: 'src/worker/link-port.ts',
        find: 'JSON.parse(redact(JSON.stringify({ message, data })))',
        replace: 'JSON.parse(JSON.stringify({ message, data }))',
      },
    ],
    tests: ['src/worker/link-port.test.ts'],
  },
  {
    name: 'start the first of several slots that were missed',
    edits: [
      {
        file: 'control-plane/src/schedules/due.ts',
        find: 'latestSlot(schedule, now) ?? first',
        replace: 'first',
      },
    ],
    tests: ['control-plane/test/scheduler.test.ts'],
  },
  {
    name: 'stop a schedule when the clock is set back',
    edits: [
      {
        file: 'control-plane/src/schedules/scheduler.ts',
        find: 'if (settledUntil > now + CLOCK_TOLERANCE_MS)',
        replace: 'if (settledUntil < 0)',
      },
    ],
    tests: ['control-plane/test/scheduler.test.ts'],
  },
  {
    name: 'offer a run to a runner of another pool',
    edits: [
      {
        file: 'control-plane/src/runs/candidates.ts',
        find: 'return pool === null || pool === runner.pool;',
        replace: "return pool === null || runner.pool !== '';",
      },
    ],
    tests: ['control-plane/test/placement.test.ts'],
  },
  ...RELAY_MUTANTS,
  ...POLICY_MUTANTS,
  ...DOCTOR_MUTANTS,
  ...AUDIT_MUTANTS,
  ...SEALING_MUTANTS,
  ...IDENTITY_MUTANTS,
];

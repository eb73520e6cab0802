import type { Mutant } from './mutant.ts';

/** Faults of the audit trail, and of the limit of secret reads. */
export const AUDIT_MUTANTS: readonly Mutant[] = [
  {
    name: 'report an audit line that is not fsynced',
    edits: [
      {
        file: 'src/audit/append.ts',
        find: 'await file.truncate(size + lines.byteLength);\n      await file.sync();',
        replace: 'await file.truncate(size + lines.byteLength);',
      },
    ],
    tests: ['src/audit/trail.faults.test.ts'],
  },
  {
    name: 'accept an audit line that does not follow the line before it',
    edits: [
      {
        file: 'src/audit/verify.ts',
        find: 'else if (previous !== this.#end.hash)',
        replace: "else if (previous === '')",
      },
    ],
    tests: ['src/audit/verify.test.ts'],
  },
  {
    name: 'accept an audit line whose hash is not that of its content',
    edits: [
      {
        file: 'src/audit/line.ts',
        find: 'canonicalJson(line) === text && hashOf(body) === hash ?',
        replace: 'canonicalJson(line) === text ?',
      },
    ],
    tests: ['src/audit/verify.test.ts'],
  },
  {
    name: 'count audit lines as sent that the syslog server may not have read',
    edits: [
      {
        file: 'src/audit/syslog/forwarder.ts',
        find: 'await connection.finish(signal);',
        replace: 'void connection.finish(signal).catch(() => undefined);',
      },
    ],
    tests: ['src/audit/syslog/forwarder.faults.test.ts'],
  },
  {
    name: 'believe any server that ends the connection to be a syslog server',
    edits: [
      {
        file: 'src/audit/syslog/connection.ts',
        find: "stream.on('data', () => this.#fail(unexpectedData()));",
        replace: 'stream.resume();',
      },
    ],
    tests: ['src/audit/syslog/forwarder.faults.test.ts'],
  },
  {
    name: 'take any end of a connection for the answer of the syslog server',
    edits: [
      {
        file: 'foundation/src/network/open.ts',
        find: 'if (unannouncedEnd !== undefined) below?.require(unannouncedEnd);',
        replace: '',
      },
    ],
    tests: ['src/cli/runner/audit-syslog.test.ts'],
  },
  {
    name: 'send audit lines that are not durable',
    edits: [
      {
        file: 'src/audit/syslog/forwarder.ts',
        find: 'const end = await durableEnd(place, signal);',
        replace: 'const end = seen;',
      },
    ],
    tests: ['src/audit/syslog/forwarder.faults.test.ts'],
  },
  {
    name: 'continue another audit trail where syslog has the old one',
    edits: [
      {
        file: 'src/audit/syslog/pending.ts',
        find: "(hash === '' || line === undefined || line.previous === hash)",
        replace: 'hash !== undefined && line !== null',
      },
    ],
    tests: ['src/audit/syslog/forwarder.test.ts'],
  },
  {
    name: 'open a connection although the audit trail cannot be written',
    edits: [
      {
        file: 'src/policy/dial.ts',
        find: 'await trail.record(event, connectOptions.signal);',
        replace: 'await trail.record(event, connectOptions.signal).catch(() => undefined);',
      },
    ],
    tests: ['src/policy/recorded-dial.test.ts'],
  },
  {
    name: 'accept a job although the audit trail cannot be written',
    edits: [
      {
        file: 'src/link/session/offers.ts',
        find: 'await trail.record(event, signal);',
        replace: 'await trail.record(event, signal).catch(() => undefined);',
      },
    ],
    tests: ['src/link/session/replays.test.ts'],
  },
  {
    name: 'read a secret although the audit trail cannot be written',
    edits: [
      {
        file: 'src/secrets/reference-source.ts',
        find: 'return trail.record({ event, ...facts }, signal);',
        replace: 'return trail.record({ event, ...facts }, signal).catch(() => undefined);',
      },
    ],
    tests: ['src/secrets/recorded-use.test.ts'],
  },
  {
    name: 'read a secret more often than its rule permits',
    edits: [
      {
        file: 'src/secrets/read-limits.ts',
        find: 'if (reads.length > perHour) return',
        replace: 'if (reads.length > perHour + 1) return',
      },
    ],
    tests: ['src/secrets/read-limits.test.ts'],
  },
  {
    name: 'permit any number of reads by a rule without a limit',
    edits: [
      {
        file: 'src/policy/schema.ts',
        find: '.default(READS_PER_HOUR)',
        replace: '.default(10_000)',
      },
    ],
    tests: ['src/secrets/read-limits.test.ts'],
  },
  {
    name: 'sign no head of the audit trail after a run',
    edits: [
      {
        file: 'src/link/attempts/attempts.ts',
        find: 'this.ended.add();',
        replace: '',
      },
    ],
    tests: ['src/link/session/audit-heads.test.ts'],
  },
  {
    name: 'end a drain without the last head of the audit trail',
    edits: [
      {
        file: 'src/link/link.ts',
        find: 'await this.#session?.sendLastHead(hurry);',
        replace: '',
      },
    ],
    tests: ['src/link/session/audit-heads.test.ts'],
  },
  {
    name: 'tell a PEM file of another kind from a missing one',
    edits: [
      {
        file: 'src/secrets/pem.ts',
        find: 'blocks.some(({ label }) => LABEL_OF[kind].test(label))',
        replace: 'blocks.length > 0',
      },
    ],
    tests: ['src/secrets/job-file.test.ts'],
  },
  {
    name: 'forget the reads of a secret at a restart',
    edits: [
      {
        file: 'src/secrets/read-limits.ts',
        find: '? { result } : { counts, result }',
        replace: '? { result } : { result }',
      },
    ],
    tests: ['src/secrets/read-limits.test.ts'],
  },
  {
    name: 'leave a job that its worker denies out of the audit trail',
    edits: [
      {
        file: 'src/worker/record-denial.ts',
        find: 'if (signal.aborted) throw thrown;',
        replace: 'throw thrown;',
      },
    ],
    tests: ['src/worker/compose.denials.test.ts'],
  },
  {
    name: 'leave the policy that decides about a job out of the audit trail',
    edits: [
      {
        file: 'src/worker/compose.ts',
        find: "await trail.record({ event: 'policy', ...nameOf(policy) });",
        replace: 'void nameOf(policy);',
      },
    ],
    tests: ['src/worker/compose.signatures.test.ts'],
  },
  {
    name: 'leave a sign-in that the org rejects out of the audit trail',
    edits: [
      {
        file: 'src/connectors/salesforce/sign-in/sign-in.ts',
        find: 'if (!error.neverSent)',
        replace: 'if (error.neverSent)',
      },
    ],
    tests: ['src/connectors/salesforce/sign-in/sign-in.test.ts'],
  },
];

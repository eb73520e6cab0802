import { describe, expect, it } from 'vitest';
import type { AuditEvent } from '../../../foundation/src/logging/audit-trail.ts';
import { encodeLine, parseLine, START } from '../line.ts';
import { encodeFrame } from './message.ts';

const AT = Date.parse('2026-03-01T08:00:00.250Z');

/** The message in the frame of an event. */
function messageOf(event: AuditEvent, hostname = 'host-1'): string {
  const text = encodeLine(event, START, AT).text.trimEnd();
  const frame = encodeFrame(text, parseLine(text), { facility: 'audit', hostname });
  const [length] = frame.toString('latin1').split(' ', 1);
  const message = frame.subarray(length!.length + 1);
  expect(message.byteLength).toBe(Number(length));
  expect(message.toString().endsWith(` ${text}`)).toBe(true);
  return message.toString();
}

describe('a message to a syslog server', () => {
  it('has time, host, program and event before the line, whose length counts bytes', () => {
    expect(messageOf({ event: 'secret', reference: '/ä/日本' })).toMatch(
      /^<110>1 2026-03-01T08:00:00\.250Z host-1 hybrid-runner - secret - \{"event":"secret",/,
    );
  });

  it.each<[severity: number, event: AuditEvent]>([
    [6, { event: 'secret', decision: 'allow' }],
    [6, { event: 'job', decision: 'accept' }],
    [4, { event: 'connect', decision: 'deny' }],
    [4, { event: 'job', decision: 'reject' }],
    [4, { event: 'jobSignature', decision: 'warn' }],
    [4, { event: 'secretUnavailable' }],
    [4, { event: 'secret', decision: 'allow', alarm: 'secretReads' }],
    [6, { event: 'policy', sha256: 'x' }],
    [3, { event: 'policy', problem: 'POLICY_INVALID' }],
    [5, { event: 'trailExpired' }],
    [5, { event: 'incompleteLineRemoved' }],
  ])('has severity %i for %j', (severity, event) => {
    expect(messageOf(event)).toMatch(new RegExp(`^<${13 * 8 + severity}>1 `));
  });

  it.each(['', 'two words', 'ä', 'a\nb'])('has no host in its header if it is %j', (name) => {
    expect(messageOf({ event: 'secret' }, name)).toMatch(/Z - hybrid-runner - secret - \{/);
  });

  it('has no more of a name than a header may have', () => {
    expect(messageOf({ event: 'e'.repeat(40) }, 'h'.repeat(300))).toContain(
      ` ${'h'.repeat(255)} hybrid-runner - ${'e'.repeat(32)} - {`,
    );
  });
});

import { describe, expect, it } from 'vitest';
import { fail, pass } from '../doctor/finding.ts';
import { makeReport, type Report } from '../doctor/report.ts';
import { reportText } from './doctor-text.ts';

const findings = [
  pass('first', 'is in order', ['a line of detail']),
  fail('second', 'is out of order, in more words than a narrow terminal has room for', 'Fix it.'),
];

function report(): Report {
  const check = { name: 'tls', title: 'TLS', status: 'fail', findings } as const;
  return makeReport([check], { version: '0', now: 0, redact: (text) => text });
}

describe('the text of a report', () => {
  it('has a line for each finding, its remedy, and a summary with the first failure', () => {
    expect(reportText(report(), { color: false, width: undefined })).toBe(
      [
        'TLS',
        '  PASS  first: is in order',
        '          a line of detail',
        '  FAIL  second: is out of order, in more words than a narrow terminal has room for',
        '        → Fix it.',
        '',
        '1 failed, 0 with a warning, 1 passed, 0 skipped.',
        'First failure: tls: second: is out of order, in more words than a narrow terminal has room for',
      ].join('\n'),
    );
  });

  it('fits a narrow terminal', () => {
    const lines = reportText(report(), { color: false, width: 40 }).split('\n');
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(40);
    expect(lines).toContain('        words than a narrow terminal has');
  });

  it('colors the status only', () => {
    const text = reportText(report(), { color: true, width: undefined });
    expect(text).toContain('  \u001b[31mFAIL\u001b[39m  second: is out of order');
    expect(text.split('\u001b')).toHaveLength(1 + 2 * findings.length);
  });
});

import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { JOB_KINDS as OF_CONTROL_PLANE } from '../../control-plane/src/runs/job-kinds.ts';
import { JOB_KINDS } from '../../src/domain/job.ts';

describe('the kinds of jobs', () => {
  it('are the same on both sides, and each has its name in the console', () => {
    expect(OF_CONTROL_PLANE).toEqual(JOB_KINDS);
    const names =
      /KINDS = \{(?<body>[^}]*)\}/.exec(readFileSync('control-plane/console/dom.js', 'utf8'))
        ?.groups?.['body'] ?? '';
    expect([...names.matchAll(/(\w+): '/g)].map(([, kind]) => kind)).toEqual([...JOB_KINDS]);
  });
});

import { describe, expect, it } from 'vitest';
import { Phases } from './phases.ts';

describe('the phases of a run', () => {
  it('last from their first report until another phase follows their last one', () => {
    const phases = new Phases();
    phases.note('sign-in', 10);
    phases.note('describe', 20);
    phases.note('describe', 25);
    phases.note('mapping', 30);
    phases.note('describe', 40);
    phases.note('mapping', 50);
    expect(phases.ended(60)).toEqual([
      { name: 'sign-in', startedAt: 10, endedAt: 20 },
      { name: 'describe', startedAt: 20, endedAt: 50 },
      { name: 'mapping', startedAt: 30, endedAt: 60 },
    ]);
  });

  it('are words: the reason of a wait is part of the phase that waits', () => {
    const phases = new Phases();
    phases.note('describe', 10);
    phases.note('waiting for Salesforce: does not answer, retry in 3 s', 20);
    phases.note('secret:/a/b', 25);
    phases.note('describe', 30);
    expect(phases.ended(40)).toEqual([{ name: 'describe', startedAt: 10, endedAt: 40 }]);
  });

  it('are few', () => {
    const phases = new Phases();
    for (let index = 0; index < 26; index++) phases.note(String.fromCharCode(97 + index), index);
    expect(phases.ended(100)).toHaveLength(16);
  });
});

import { describe, expect, it } from 'vitest';
import { workerNodeOptions } from './worker-environment.ts';

describe('options of a worker', () => {
  it('leave out the one that Node.js 25 and 26 reject', () => {
    const [node24, node26] = ['13.6.233.17-node.37', '14.6.202.34-node.34'].map((v8) =>
      workerNodeOptions(256, v8),
    );
    expect(node24).toContain('--no-separate-gc-phases');
    expect(node26).toEqual(node24?.filter((option) => option !== '--no-separate-gc-phases'));
  });
});

import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { Secret } from './secret.ts';

describe('a secret', () => {
  it('prints as [secret] in every way', () => {
    const secret = new Secret('hunter22hunter22', 'v1');
    const printed = [
      String(secret),
      [secret].join(),
      JSON.stringify({ secret }),
      inspect(secret),
      inspect({ deep: [secret] }, { depth: 9, showHidden: true }),
      Object.keys(secret).join(),
      JSON.stringify(Object.entries(secret)),
      new Error('x', { cause: secret }).stack,
    ].join(' ');
    expect(printed).toContain('[secret]');
    expect(printed).not.toContain('hunter22');
    expect(secret.reveal()).toBe('hunter22hunter22');
  });
});

import { describe, expect, it } from 'vitest';
import { isTraceparent } from './traceparent.ts';

const trace = '0af7651916cd43dd8448eb211c80319c';
const span = 'b7ad6b7169203331';

describe('a trace context', () => {
  it.each([`00-${trace}-${span}-00`, `00-${trace}-${span}-01`])('is %s', (text) => {
    expect(isTraceparent(text)).toBe(true);
  });

  it.each([
    '',
    'secret:/a/b',
    `01-${trace}-${span}-01`,
    `00-${trace}-${span}-02`,
    `00-${'0'.repeat(32)}-${span}-01`,
    `00-${trace}-${'0'.repeat(16)}-01`,
    `00-${trace.toUpperCase()}-${span}-01`,
    `00-${trace}-${span}-01-more`,
    `00-${trace}-${span}-01\n`,
    ` 00-${trace}-${span}-01`,
    `00-${trace}${span}-01`,
  ])('is not %j', (text) => {
    expect(isTraceparent(text)).toBe(false);
  });
});

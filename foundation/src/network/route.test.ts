import { describe, expect, it } from 'vitest';
import { parseProxy } from './proxy.ts';
import { planRoute } from './route.ts';

const proxy = parseProxy('http://proxy.example:3128');
const settings = { connectTo: [], noProxy: [] };

describe('the route of a connection', () => {
  it.each([
    ['169.254.169.254', true],
    ['169.254.1.1', true],
    ['169.254.169.254.example', false],
    ['10.0.0.1', false],
    ['acme.my.salesforce.com', false],
  ])('to %s avoids the proxy, whose own network is another: %s', (host, direct) => {
    const route = planRoute({ host, port: 80 }, settings, proxy);
    expect(route.proxy === undefined).toBe(direct);
  });
});

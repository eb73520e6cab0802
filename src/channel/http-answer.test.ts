import { describe, expect, it } from 'vitest';
import { parseControlPlaneUrl } from './control-plane-url.ts';
import { explainAnswer } from './http-answer.ts';

const now = Date.parse('2026-01-01T00:00:00Z');

describe('unexpected HTTP response', () => {
  it('counts as an error of the control plane only with a known code', () => {
    const body = JSON.stringify({ error: { code: 'NOT_A_CODE', message: 'x' } });
    expect(
      explainAnswer(
        { status: 403, contentType: 'application/json', retryAfter: undefined, body },
        'a:443',
        now,
      ).code,
    ).toBe('PROXY_REFUSED');
  });

  it('contributes no control characters to the message', () => {
    const body = JSON.stringify({
      error: { code: 'RUNNER_REVOKED', message: 'a\u001b[2J\nb\u202ec' },
    });
    expect(
      explainAnswer(
        { status: 403, contentType: 'application/json', retryAfter: undefined, body },
        'a:443',
        now,
      ).message,
    ).toBe('a:443: a [2J b c');
  });
});

describe('parseControlPlaneUrl', () => {
  it.each([
    ['wss://plane.example.com', 'plane.example.com:443'],
    ['wss://PLANE.example.com.:8443/', 'plane.example.com:8443'],
    ['wss://[::1]:9443', '[::1]:9443'],
  ])('parses %s to the authority %s', (url, authority) => {
    expect(parseControlPlaneUrl(url).authority).toBe(authority);
  });

  it.each([
    'ws://plane.example.com',
    'https://plane.example.com',
    'wss://user:pw@plane.example.com',
    'wss://plane.example.com/path',
    'wss://plane.example.com?x=1',
    'plane.example.com:443',
    '',
  ])('rejects %j', (url) => {
    expect(() => parseControlPlaneUrl(url)).toThrow(
      expect.objectContaining({ code: 'INPUT_INVALID' }),
    );
  });
});

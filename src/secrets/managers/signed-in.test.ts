import { describe, expect, it, vi } from 'vitest';
import { RunnerError } from '../../../foundation/src/runtime/errors.ts';
import { SteppedClock } from '../../../test/support/stepped-clock.ts';
import { deadlineClock } from '../../../test/support/deadline-clock.ts';
import { RENEWAL_MS, SignedIn, type Token } from './signed-in.ts';

const signal = new AbortController().signal;
const LIFE_MS = 1000;

type Renewal = (signal: AbortSignal) => Promise<Token>;

interface Stage {
  readonly clock: SteppedClock;
  readonly signedIn: SignedIn;
  /** Uses the token after a time. */
  readonly after: (ms: number) => Promise<string>;
}

/** Tokens are numbered; `renewal` says what a renewal does. */
function tokens(renewal: Renewal): Stage {
  const clock = new SteppedClock();
  let count = 0;
  const signIn = async (): Promise<Token> => ({
    value: `token ${++count}`,
    lifeMs: LIFE_MS,
    renew: renewal,
  });
  const signedIn = new SignedIn(signIn, clock);
  const after = (ms: number): Promise<string> => {
    clock.step(ms);
    return signedIn.token(signal);
  };
  return { clock, signedIn, after };
}

const noServer = new RunnerError('NETWORK_UNREACHABLE', 'no server');
const fails: Renewal = () => Promise.reject(noServer);
const neverEnds: Renewal = () => new Promise(() => undefined);
/** For what goes on in the background. */
const settled = (): Promise<unknown> => new Promise((resolve) => setImmediate(resolve));

describe('a token after 75 % of its life', () => {
  it('is used until its end if it cannot be renewed; then a sign-in follows', async () => {
    const { after } = tokens(fails);
    const used: string[] = [];
    for (const ms of [0, 800, 199, 1]) used.push(await after(ms));
    expect(used).toEqual(['token 1', 'token 1', 'token 1', 'token 2']);
  });

  it('is used while a server that does not answer is asked to renew it', async () => {
    const { after } = tokens(neverEnds);
    const used = [await after(0), await after(750), await after(249)];
    expect(used).toEqual(['token 1', 'token 1', 'token 1']);
  });

  it('is renewed in the background, and then has a new life', async () => {
    const { after } = tokens(async () => ({ value: 'renewed', lifeMs: LIFE_MS }));
    const used = [await after(0), await after(750)];
    await settled();
    expect([...used, await after(0), await after(740)]).toEqual([
      'token 1',
      'token 1',
      'renewed',
      'renewed',
    ]);
  });

  it('is renewed again after a pause, not at each use, if that fails', async () => {
    const renewal = vi.fn<Renewal>(fails);
    const { after } = tokens(renewal);
    await after(0);
    const calls: number[] = [];
    for (const ms of [750, 10, 10, 30]) {
      await after(ms);
      await settled();
      calls.push(renewal.mock.calls.length);
    }
    expect(calls).toEqual([1, 1, 1, 2]);
  });

  it('waits for a renewal no longer than its deadline', async () => {
    const clock = deadlineClock(RENEWAL_MS);
    const renewal = vi.fn<Renewal>(neverEnds);
    const token = { value: 'token', lifeMs: 1e9, spentMs: 8e8, renew: renewal };
    const signedIn = new SignedIn(async () => token, clock);
    for (let use = 0; use < 3; use++) expect(await signedIn.token(signal)).toBe('token');
    expect(renewal.mock.calls.map(([bounded]) => bounded.aborted)).toEqual([false]);
    clock.expire();
    await vi.waitFor(() => expect(renewal.mock.calls[0]?.[0].aborted).toBe(true));
  });
});

describe('a token that the manager rejects', () => {
  it('is not used again; rejecting an older one changes nothing', async () => {
    const { signedIn } = tokens(fails);
    const first = await signedIn.token(signal);
    signedIn.reject(first);
    const second = await signedIn.token(signal);
    signedIn.reject(first);
    expect([second, await signedIn.token(signal)]).toEqual(['token 2', 'token 2']);
  });

  it.each([
    ['fails', () => Promise.reject(noServer)],
    ['succeeds', () => Promise.resolve({ value: 'token 1', lifeMs: LIFE_MS })],
  ])('does not come back when the renewal under way %s', async (_how, outcome) => {
    const { promise, resolve } = Promise.withResolvers<undefined>();
    const { signedIn, after } = tokens(() => promise.then(outcome));
    await after(0);
    const old = await after(750);
    signedIn.reject(old);
    const next = await signedIn.token(signal);
    resolve(undefined);
    await settled();
    expect([old, next, await after(0)]).toEqual(['token 1', 'token 2', 'token 2']);
  });
});

describe('a sign-in', () => {
  it('is shared by many uses at the same time', async () => {
    const { signedIn } = tokens(fails);
    const all = await Promise.all(Array.from({ length: 20 }, () => signedIn.token(signal)));
    expect(new Set(all)).toEqual(new Set(['token 1']));
  });

  it('continues for others when the first to wait leaves', async () => {
    const { promise, resolve } = Promise.withResolvers<Token>();
    const signedIn = new SignedIn(() => promise, new SteppedClock());
    const leaving = new AbortController();
    const [first, second] = [signedIn.token(leaving.signal), signedIn.token(signal)];
    leaving.abort();
    await expect(first).rejects.toMatchObject({ code: 'ABORTED' });
    resolve({ value: 'token' });
    expect(await second).toBe('token');
  });

  it('ends when the last waiting use has left', async () => {
    const signals: AbortSignal[] = [];
    const signIn = (bounded: AbortSignal): Promise<Token> => {
      signals.push(bounded);
      return signals.length === 1 ? new Promise(() => undefined) : Promise.resolve({ value: 'b' });
    };
    const signedIn = new SignedIn(signIn, new SteppedClock());
    const leaving = new AbortController();
    const first = signedIn.token(leaving.signal);
    leaving.abort();
    await expect(first).rejects.toMatchObject({ code: 'ABORTED' });
    expect([signals[0]?.aborted, await signedIn.token(signal)]).toEqual([true, 'b']);
  });

  it.each([
    ['negative', -5_000],
    ['no number', Number.NaN],
  ])('follows soon if the life of a token is %s', async (_what, lifeMs) => {
    const clock = new SteppedClock();
    let count = 0;
    const signedIn = new SignedIn(async () => ({ value: `token ${++count}`, lifeMs }), clock);
    await signedIn.token(signal);
    clock.step(1);
    expect(await signedIn.token(signal)).toBe('token 2');
  });
});

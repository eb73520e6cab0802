import { expect, it } from 'vitest';
import { RunnerError } from '../../../foundation/src/runtime/errors.ts';
import { SteppedClock } from '../../../test/support/stepped-clock.ts';
import { SignedIn, type Token } from './signed-in.ts';

const signal = new AbortController().signal;
const LIFE_MS = 1000;

/** Tokens are numbered; `renewal` says what a renewal does. */
function tokens(renewal: () => Promise<Token>): {
  readonly clock: SteppedClock;
  readonly signedIn: SignedIn;
} {
  const clock = new SteppedClock();
  let count = 0;
  const signIn = async (): Promise<Token> => ({
    value: `token ${++count}`,
    lifeMs: LIFE_MS,
    renew: renewal,
  });
  return { clock, signedIn: new SignedIn(signIn, clock) };
}

const fails = (): Promise<Token> =>
  Promise.reject(new RunnerError('NETWORK_UNREACHABLE', 'no server'));

it('a token that cannot be renewed is used until its end, then a sign-in follows', async () => {
  const { clock, signedIn } = tokens(fails);
  const at = async (ms: number): Promise<string> => {
    clock.step(ms);
    return signedIn.token(signal);
  };
  expect([await at(0), await at(800), await at(199), await at(1)]).toEqual([
    'token 1',
    'token 1',
    'token 1',
    'token 2',
  ]);
});

it('a renewed token has a new life', async () => {
  const { clock, signedIn } = tokens(async () => ({ value: 'renewed', lifeMs: LIFE_MS }));
  await signedIn.token(signal);
  clock.step(750);
  expect(await signedIn.token(signal)).toBe('renewed');
  clock.step(740);
  expect(await signedIn.token(signal)).toBe('renewed');
});

it('a rejected token is not used again; rejecting an older one changes nothing', async () => {
  const { signedIn } = tokens(fails);
  const first = await signedIn.token(signal);
  signedIn.reject(first);
  const second = await signedIn.token(signal);
  signedIn.reject(first);
  expect([second, await signedIn.token(signal)]).toEqual(['token 2', 'token 2']);
});

it('many uses at the same time share one sign-in', async () => {
  const { signedIn } = tokens(fails);
  const all = await Promise.all(Array.from({ length: 20 }, () => signedIn.token(signal)));
  expect(new Set(all)).toEqual(new Set(['token 1']));
});

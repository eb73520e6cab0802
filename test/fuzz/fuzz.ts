import { RunnerError } from '../../foundation/src/runtime/errors.ts';
import { ControlPlaneError } from '../../control-plane/src/runtime/errors.ts';
import { below, mutate, type Fraction } from './mutations.ts';

/** Code that reads bytes which somebody else may have chosen. */
export interface Target {
  readonly name: string;
  /** Valid inputs, and inputs that once showed a fault. */
  readonly corpus: readonly Buffer[];
  /**
   * Reads the bytes and returns what it understood, in a few words: a new answer marks an input
   * that is worth changing further. May throw typed errors; anything else is a fault.
   */
  readonly read: (bytes: Buffer) => string;
}

export interface Fault {
  readonly input: string;
  readonly problem: string;
}

/** Far above what any input of this size needs, also on a busy machine. */
const MAX_CPU_MS = 1000;
const MAX_CORPUS = 2000;

/** Reads `count` mutated inputs; returns the first fault. */
export function fuzz(target: Target, count: number, random: Fraction): Fault | undefined {
  const corpus = [...target.corpus];
  const seen = new Set<string>();
  for (let index = 0; index < count + target.corpus.length; index++) {
    const input =
      target.corpus[index] ?? mutate(pick(corpus, random), pick(corpus, random), random);
    const result = attempt(target, input);
    if ('problem' in result) return { input: input.toString('base64'), problem: result.problem };
    if (!seen.has(result.answer) && corpus.length < MAX_CORPUS) {
      seen.add(result.answer);
      corpus.push(input);
    }
  }
  return undefined;
}

function pick(corpus: readonly Buffer[], random: Fraction): Buffer {
  return corpus[below(corpus.length, random)]!;
}

function attempt(target: Target, input: Buffer): { answer: string } | { problem: string } {
  const before = process.cpuUsage();
  // A copy, because some readers overwrite what they have read.
  const answer = answerOf(target, Buffer.from(input));
  const { user } = process.cpuUsage(before);
  if (user > MAX_CPU_MS * 1000)
    return { problem: `took ${Math.round(user / 1000)} ms of processor time` };
  if (Object.keys(Object.prototype).length > 0) return { problem: 'changed Object.prototype' };
  return answer;
}

function answerOf(target: Target, input: Buffer): { answer: string } | { problem: string } {
  try {
    return { answer: target.read(input) };
  } catch (thrown) {
    if (!(thrown instanceof RunnerError || thrown instanceof ControlPlaneError))
      return {
        problem: thrown instanceof Error ? (thrown.stack ?? thrown.message) : 'not an error',
      };
    if (thrown.code === 'INTERNAL') return { problem: `INTERNAL: ${thrown.stack}` };
    // Without what differs from input to input.
    return { answer: `${thrown.code} ${thrown.message.replaceAll(/\d+|"[^"]*"/g, '')}` };
  }
}

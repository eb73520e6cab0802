import { SandboxError } from '../errors.ts';
import { randomFor, type Random } from '../org/random.ts';
import {
  TRANSPORT,
  type Effect,
  type FaultMatch,
  type FaultRule,
  type FaultTarget,
} from './fault-rules.ts';
import { problemOf } from './validate-fault-rule.ts';

interface Armed {
  readonly rule: FaultRule;
  readonly path: RegExp | null;
  readonly objects: ReadonlySet<string> | null;
  matched: number;
  fired: number;
}

/**
 * The installed fault rules. The first that matches a call is applied; draws derive from the seed.
 */
export class Faults {
  readonly #random: Random;
  #rules: Armed[] = [];
  /** Number of faults applied. */
  fired = 0;

  constructor(seed: number) {
    this.#random = randomFor(`${seed}:faults`);
  }

  /** Adds rules after the installed ones, all or none. Throws SandboxError for an invalid rule. */
  install(rules: readonly FaultRule[]): void {
    this.#rules.push(...rules.map(arm));
  }

  clear(): void {
    this.#rules = [];
  }

  /** The effect on this call, or null. */
  draw(target: FaultTarget): Effect | null {
    for (const armed of this.#rules) {
      const { effect } = armed.rule;
      if (effect.kind === 'clock-offset' || (target.level === 'item' && TRANSPORT.has(effect.kind)))
        continue;
      if (this.#applies(armed, target)) {
        armed.fired += 1;
        this.fired += 1;
        return effect;
      }
    }
    return null;
  }

  /** Offset of the emulated server's clock in milliseconds. */
  clockOffset(): number {
    return this.#rules.reduce(
      (sum, { rule }) =>
        sum + (rule.effect.kind === 'clock-offset' ? rule.effect.seconds * 1000 : 0),
      0,
    );
  }

  #applies(armed: Armed, target: FaultTarget): boolean {
    const match = armed.rule.match ?? {};
    if (!fits(armed, match, target)) return false;
    armed.matched += 1;
    if (
      match.nth !== undefined &&
      (match.onward ? armed.matched < match.nth : armed.matched !== match.nth)
    )
      return false;
    if (match.times !== undefined && armed.fired >= match.times) return false;
    return match.probability === undefined || this.#random.chance(match.probability);
  }
}

function fits(armed: Armed, match: FaultMatch, target: FaultTarget): boolean {
  if (armed.path && !armed.path.test(target.path)) return false;
  if (match.method && match.method.toUpperCase() !== target.method) return false;
  if (match.host && match.host.toLowerCase() !== target.host) return false;
  return (
    !armed.objects || (target.object !== null && armed.objects.has(target.object.toLowerCase()))
  );
}

function arm(rule: FaultRule): Armed {
  const problem = problemOf(rule);
  if (problem !== undefined) throw new SandboxError(`fault rule: ${problem}`);
  const { path, object } = rule.match ?? {};
  const objects =
    object === undefined ? null : new Set([object].flat().map((name) => name.toLowerCase()));
  try {
    return {
      rule,
      path: path === undefined ? null : new RegExp(path),
      objects,
      matched: 0,
      fired: 0,
    };
  } catch {
    throw new SandboxError(`fault rule: not a regular expression: ${path}`);
  }
}

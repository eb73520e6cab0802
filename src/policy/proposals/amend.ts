import { isDeepStrictEqual } from 'node:util';
import { isSeq, parseDocument } from 'yaml';
import { RunnerError } from '../../../foundation/src/runtime/errors.ts';
import type { ProposedRule } from './proposals.ts';

/**
 * A policy file with more rules for secrets; comments and all other lines stay as they are. Throws
 * INPUT_INVALID where that would change more than it adds.
 */
export function withRules(text: string, rules: readonly ProposedRule[]): string {
  const document = parseDocument(text);
  const secrets = document.get('secrets');
  if (isSeq(secrets) && secrets.items.length > 0)
    for (const rule of rules) secrets.add(document.createNode(rule));
  else document.set('secrets', document.createNode(rules));
  const changed = document.toString({ lineWidth: 0, flowCollectionPadding: false });
  const { secrets: before = [], ...others } = valuesOf(text);
  const expected = { ...others, secrets: [...(before ?? []), ...rules] };
  if (isDeepStrictEqual(valuesOf(changed), expected)) return changed;
  throw new RunnerError('INPUT_INVALID', 'the policy file cannot be extended as it is written', {
    remedy: 'Write `secrets` as a plain list, without aliases, or add the rule by hand.',
  });
}

interface Values extends Readonly<Record<string, unknown>> {
  readonly secrets?: readonly unknown[] | null;
}

function valuesOf(text: string): Values {
  return parseDocument(text).toJS({ maxAliasCount: 20 }) as Values;
}

import { isSeq, parseDocument } from 'yaml';
import type { ProposedRule } from './proposals.ts';

/** A policy file with more rules for secrets; comments and all other lines stay as they are. */
export function withRules(text: string, rules: readonly ProposedRule[]): string {
  const document = parseDocument(text);
  const secrets = document.get('secrets');
  if (isSeq(secrets) && secrets.items.length > 0)
    for (const rule of rules) secrets.add(document.createNode(rule));
  else document.set('secrets', document.createNode(rules));
  return document.toString({ lineWidth: 0, flowCollectionPadding: false });
}

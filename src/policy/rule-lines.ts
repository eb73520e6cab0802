import { isMap, isPair, isScalar, isSeq, LineCounter, parseDocument, type Node } from 'yaml';

/** Tells in which line a rule such as `secrets[0].users` is; undefined for a default. */
export function locateRules(text: string): (rule: string) => number | undefined {
  const counter = new LineCounter();
  const { contents } = parseDocument(text, { lineCounter: counter });
  return (rule) => {
    const offset = offsetOf(contents, segmentsOf(rule));
    return offset === undefined ? undefined : counter.linePos(offset).line;
  };
}

/** `secrets[0].users` as `secrets`, `0`, `users`. */
function segmentsOf(rule: string): string[] {
  return rule.split(/[.[\]]+/).filter((segment) => segment !== '');
}

/** Where the last segment begins: the key of a map, or an item of a list. */
function offsetOf(root: Node | null, segments: readonly string[]): number | undefined {
  let node: unknown = root;
  let offset: number | undefined;
  for (const segment of segments) {
    const key = isMap(node) ? node.items.find((pair) => isKey(pair.key, segment)) : undefined;
    const found: unknown = isSeq(node) ? node.items[Number(segment)] : key?.key;
    if (found === undefined) return undefined;
    offset = (found as Node).range?.[0];
    node = isPair(key) ? key.value : found;
  }
  return offset;
}

function isKey(key: unknown, segment: string): boolean {
  return isScalar(key) && key.value === segment;
}

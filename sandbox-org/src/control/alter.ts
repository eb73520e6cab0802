import type { Effect } from './fault-rules.ts';

/** The body with the `alter` effect applied; unchanged if it is not a JSON object. */
export function altered(
  json: string,
  { set = {}, without = [], halve }: Effect & { readonly kind: 'alter' },
): string {
  const body = parse(json);
  if (body === undefined) return json;
  const gone = new Set([without].flat());
  const kept = Object.fromEntries(
    Object.entries({ ...body, ...set }).filter(([name]) => !gone.has(name)),
  );
  const list = halve === undefined ? undefined : kept[halve];
  return JSON.stringify(
    Array.isArray(list) ? { ...kept, [halve!]: list.slice(0, Math.floor(list.length / 2)) } : kept,
  );
}

function parse(json: string): Record<string, unknown> | undefined {
  try {
    const body: unknown = JSON.parse(json);
    return typeof body === 'object' && body !== null && !Array.isArray(body)
      ? { ...body }
      : undefined;
  } catch {
    return undefined;
  }
}

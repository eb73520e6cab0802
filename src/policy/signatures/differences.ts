/*
 * Compares what was signed with what was offered, value by value. Only the signed side is walked
 * deep: its depth is that of a document that a trusted key has signed.
 */

const SIMPLE_NAME = /^[A-Za-z_][\w-]{0,63}$/;

/**
 * Where two JSON values differ first, as in `source.serviceConnection.config.hosts[2]`; undefined
 * if they are the same. A place, never a value.
 */
export function firstDifference(signed: unknown, offered: unknown, at = ''): string | undefined {
  if (!isObject(signed) || !isObject(offered)) return signed === offered ? undefined : at;
  if (Array.isArray(signed) !== Array.isArray(offered)) return at;
  for (const key of new Set([...Object.keys(signed), ...Object.keys(offered)])) {
    const place = Array.isArray(signed) ? `${at}[${key}]` : below(at, key);
    if (!Object.hasOwn(signed, key) || !Object.hasOwn(offered, key)) return place;
    const found = firstDifference(signed[key], offered[key], place);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** A name that is not simple could be a value: it is not repeated. */
function below(at: string, key: string): string {
  const name = SIMPLE_NAME.test(key) ? key : '?';
  return at === '' ? name : `${at}.${name}`;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}

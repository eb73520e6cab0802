/** `*` in a pattern stands for one whole segment or for the end of one. */
export function referenceMatches(pattern: string, path: readonly string[]): boolean {
  const segments = pattern.slice(1).split('/');
  return (
    segments.length === path.length &&
    segments.every((segment, index) => segmentMatches(segment, path[index]!))
  );
}

/** Whether every path that `inner` matches is matched by `outer` as well. */
export function patternCovers(outer: string, inner: string): boolean {
  return referenceMatches(outer, inner.slice(1).split('/'));
}

export function isExact(pattern: string): boolean {
  return !pattern.includes('*');
}

function segmentMatches(pattern: string, segment: string): boolean {
  return pattern.endsWith('*') ? segment.startsWith(pattern.slice(0, -1)) : segment === pattern;
}

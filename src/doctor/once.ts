/** Calls `work` at most once; every call has its result. Its failure is for those who ask. */
export function once<T>(work: () => Promise<T>): () => Promise<T> {
  let result: Promise<T> | undefined;
  return () => {
    if (result === undefined) {
      result = work();
      result.catch(() => undefined);
    }
    return result;
  };
}

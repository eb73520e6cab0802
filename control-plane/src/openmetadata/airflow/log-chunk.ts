/** Characters of a log in one answer, as the Airflow plugin has it. */
const CHUNK = 2_000_000;

/**
 * One chunk of a log as the server's client reads it: the text under the name of the task, the
 * number of chunks, and the index of the next chunk while there is one.
 */
export function logChunk(
  text: string,
  taskId: string,
  after: number,
): Readonly<Record<string, string | number>> {
  const total = Math.max(1, Math.ceil(text.length / CHUNK));
  const next = after + 1;
  return {
    [taskId]: text.slice(after * CHUNK, next * CHUNK),
    total,
    ...(next < total ? { after: next } : {}),
  };
}

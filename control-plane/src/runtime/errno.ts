/** Whether `thrown` is an error of the operating system with this name. */
export function isErrno(thrown: unknown, name: `E${string}`): thrown is Error {
  return thrown instanceof Error && 'code' in thrown && thrown.code === name;
}

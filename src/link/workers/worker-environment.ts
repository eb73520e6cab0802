import { ALLOCATOR } from '../../../foundation/src/runtime/allocator.ts';

/**
 * Variables that a worker needs. None can change what Node runs, and no proxy setting or token is
 * passed on by accident.
 */
const PASSED_ON: ReadonlySet<string> = new Set([
  'PATH',
  'HOME',
  'TZ',
  'LANG',
  'LC_ALL',
  'TMPDIR',
  'NODE_EXTRA_CA_CERTS',
  'SSL_CERT_FILE',
  'SSL_CERT_DIR',
  'CREDENTIALS_DIRECTORY',
  'SystemRoot',
  'USERPROFILE',
  'TEMP',
]);

/**
 * The environment of a worker: the variables of `env` that it needs, and those that `names` has. A
 * name that ends with `_` is a prefix.
 */
export function chooseEnvironment(
  env: NodeJS.ProcessEnv,
  names: readonly string[],
): NodeJS.ProcessEnv {
  const chosen = Object.entries(env).filter(
    ([name]) =>
      PASSED_ON.has(name) ||
      names.some((wanted) => (wanted.endsWith('_') ? name.startsWith(wanted) : name === wanted)),
  );
  return { ...ALLOCATOR, ...Object.fromEntries(chosen) };
}

/**
 * Options of Node. A worker parses large responses and keeps little of them, so its heap grows
 * slowly, and young objects are collected also while old ones are marked: by default V8 would
 * allocate beyond its limits until then. Nothing is allocated as an old object from the start:
 * tables look as if they lived long, since many collections of young objects find one under way,
 * but then it takes a collection of the whole heap to free them.
 *
 * Node does not start with an option that it does not know, so `v8`, its version, decides.
 */
export function workerNodeOptions(memoryMb: number, v8 = process.versions.v8): string[] {
  return [
    `--max-old-space-size=${memoryMb}`,
    '--max-semi-space-size=4',
    '--heap-growing-percent=10',
    '--no-allocation-site-pretenuring',
    ...(Number.parseInt(v8, 10) < 14 ? ['--no-separate-gc-phases'] : []),
    '--disable-sigusr1',
  ];
}

/**
 * The seed of a long test: `TEST_SEED`, or one derived from the time. Printed, so that the test can
 * be repeated.
 */
export function chosenSeed(command: string): string {
  const seed = process.env['TEST_SEED'] ?? String(Date.now() % 2 ** 31);
  process.env['TEST_SEED'] = seed;
  process.stdout.write(`seed ${seed}: the same again with TEST_SEED=${seed} npm run ${command}\n`);
  return seed;
}

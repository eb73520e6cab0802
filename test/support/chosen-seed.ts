/** The seed of a long proof: `TEST_SEED`, or one of this minute, printed either way so that its course can be had again. */
export function chosenSeed(command: string): string {
  const seed = process.env['TEST_SEED'] ?? String(Date.now() % 2 ** 31);
  process.env['TEST_SEED'] = seed;
  process.stdout.write(`seed ${seed}: the same again with TEST_SEED=${seed} npm run ${command}\n`);
  return seed;
}

import { parseArgs } from 'node:util';
import { simulate } from './simulation.ts';

/*
 * Runs seeds one by one: `npm run simulate -- FIRST [COUNT]`. SIMULATION_FAULTS limits the kinds of
 * fault to a list, separated by commas. The trace is shown for a single seed that fails, and with
 * `--trace` for each seed; SIMULATION_LINES limits its lines. `--digest` prints the digest of each
 * trace.
 */
const {
  values: { trace, digest },
  positionals: [first = '1', count = '1'],
} = parseArgs({
  allowPositionals: true,
  options: { trace: { type: 'boolean' }, digest: { type: 'boolean' } },
});
const ends = new Map<string, number>();
let [failed, events, elapsed] = [0, 0, 0];
const start = performance.now();
for (let seed = Number(first); seed < Number(first) + Number(count); seed++) {
  const result = await simulate(seed);
  events += result.events;
  elapsed += result.elapsedMs;
  for (const [state, number] of Object.entries(result.ends))
    ends.set(state, (ends.get(state) ?? 0) + number);
  if (digest === true) console.log(`${seed} ${result.digest}`);
  if (trace === true) console.log(result.tail);
  if (result.violations.length === 0) continue;
  failed += 1;
  console.log(`seed ${seed}\n${result.faults.map((fault) => `  ${fault}`).join('\n')}`);
  if (Number(count) === 1 && trace !== true) console.log(result.tail);
  console.log(result.violations.map((violation) => `  ${violation}`).join('\n'));
}
const ms = performance.now() - start;
console.log(
  `${count} seeds, ${failed} failed, ${(ms / Number(count)).toFixed(0)} ms, ${Math.round(events / Number(count))} events and ${Math.round(elapsed / Number(count) / 1000)} s of simulated time each; runs ended: ${JSON.stringify(Object.fromEntries(ends))}`,
);
process.exitCode = failed === 0 ? 0 : 1;

import { setFlagsFromString } from 'node:v8';
import { expect, it } from 'vitest';
import { systemClock } from '../../../foundation/src/runtime/clock.ts';
import { compactHeapOnce } from './compact-heap.ts';

/** Whether V8 would compile hot code with the compiler of this name. */
function isOn(compiler: 'Maglev' | 'Turbofan'): boolean {
  setFlagsFromString('--allow-natives-syntax');
  // oxlint-disable-next-line no-new-func, typescript/no-implied-eval -- only V8 knows, and its syntax is no JavaScript
  const ask = new Function(`return %Is${compiler}Enabled()`) as () => boolean;
  setFlagsFromString('--no-allow-natives-syntax');
  return ask();
}

it('turns the optimizing compilers on that the launcher turned off, once it has started', async () => {
  setFlagsFromString('--no-maglev');
  setFlagsFromString('--no-turbofan');
  let asked = 0;
  const compilers: boolean[] = [];
  const isStarted = (): boolean => {
    compilers.push(isOn('Maglev'), isOn('Turbofan'));
    return ++asked === 2;
  };
  await compactHeapOnce(isStarted, systemClock, new AbortController().signal);
  expect(compilers).toEqual([false, false, false, false]);
  expect([isOn('Maglev'), isOn('Turbofan')]).toEqual([true, true]);
});

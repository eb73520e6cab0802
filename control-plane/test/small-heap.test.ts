import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { openStage } from './stage.ts';

const MODULE = fileURLToPath(new URL('../src/runtime/small-heap.ts', import.meta.url));

it('leaves the optimizing compilers off from its import until there is work', () => {
  const program = `
    import { allowGrowth, compactHeap } from ${JSON.stringify(MODULE)};
    const compilers = () => console.log(%IsMaglevEnabled(), %IsTurbofanEnabled());
    compilers();
    await compactHeap();
    compilers();
    allowGrowth();
    compilers();
  `;
  const args = ['--allow-natives-syntax', '--input-type=module', '--eval', program];
  expect(execFileSync(process.execPath, args, { encoding: 'utf8' })).toBe(
    'false false\nfalse false\ntrue true\n',
  );
});

it('has work from the first connection on, but not from the probes of an idle one', async () => {
  let connections = 0;
  const stage = await openStage({}, undefined, undefined, {
    probes: { host: '127.0.0.1', port: 0 },
    onFirstConnection: () => (connections += 1),
  });
  await fetch(`http://127.0.0.1:${stage.probePort}/livez`);
  expect(connections).toBe(0);
  await stage.enroll();
  await stage.api.get('/api/v1/runners');
  expect(connections).toBe(1);
  await stage.close();
});

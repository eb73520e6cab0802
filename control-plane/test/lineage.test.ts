import { describe, expect, it } from 'vitest';
import { tableLine } from './fake-records.ts';
import { SCHEMA, line, fqnOf, edge, stage, runWith, useCatalog } from './catalog-stage.ts';

useCatalog();

describe('lineage', () => {
  it('follows the requested number of steps, each table once, including cycles', async () => {
    await runWith([
      ...['A', 'B', 'C', 'D'].map((name) => tableLine(name)),
      edge('A', 'B'),
      edge('B', 'C'),
      edge('C', 'D'),
      edge('C', 'A'),
      edge('C', 'C'),
      edge('D', 'Filtered'),
    ]);
    const graph = async (query: string) =>
      (await stage.api.get(`/api/v1/lineage/${fqnOf('B')}?${query}`)).body;
    const levels = ({ nodes }: { nodes: { name: string; level: number; known: boolean }[] }) =>
      Object.fromEntries(nodes.map(({ name, level }) => [name, level]));
    expect(levels(await graph(''))).toEqual({ A: -1, B: 0, C: 1 });
    const far = await graph('upstreamDepth=0&downstreamDepth=3');
    expect(levels(far)).toEqual({ A: 2, B: 0, C: 1, D: 2, Filtered: 3 });
    expect(far.nodes.find(({ name }: { name: string }) => name === 'Filtered')).toMatchObject({
      known: false,
      deleted: false,
    });
    expect(far).toMatchObject({ truncated: false });
    expect((await stage.api.get(`/api/v1/lineage/${fqnOf('B')}?upstreamDepth=9`)).status).toBe(400);
  });

  it('stops at the edge limit', async () => {
    await runWith(Array.from({ length: 250 }, (_, index) => edge('Hub', `Spoke${index}`)));
    const { edges, truncated } = (await stage.api.get(`/api/v1/lineage/${fqnOf('Hub')}`)).body;
    expect([edges.length, truncated]).toEqual([200, true]);
  });

  it('is deleted where a run reported all of it, and nowhere else', async () => {
    const kind = { source: 'ViewLineage' };
    await runWith([
      edge('A', 'B', kind),
      edge('A', 'C', kind),
      edge('Outside', 'C', kind),
      edge('B', 'C', { source: 'Manual' }),
    ]);
    const all = async () =>
      (
        await Promise.all(
          ['A', 'B', 'Outside'].map(
            async (name) =>
              (
                await stage.api.get(
                  `/api/v1/lineage/${fqnOf(name)}?upstreamDepth=0&downstreamDepth=1`,
                )
              ).body.edges,
          ),
        )
      )
        .flat()
        .map(({ from, to }: { from: string; to: string }) =>
          `${from} ${to}`.replaceAll(`${SCHEMA}.`, ''),
        );
    const sweep = line({
      kind: 'lineageSweep',
      parent: SCHEMA,
      tables: ['A', 'B', 'C'],
      source: 'ViewLineage',
    });
    await runWith([edge('A', 'B', kind), sweep], { status: 'failed' });
    expect(await all()).toEqual(['A B', 'A C', 'B C', 'Outside C']);
    await runWith([edge('A', 'B', kind), sweep]);
    expect(await all()).toEqual(['A B', 'B C', 'Outside C']);
  });

  it('replaces the edge of a pair and ignores edges of other services', async () => {
    await runWith([edge('X', 'Y', { description: 'old' })]);
    await runWith([
      edge('X', 'Y', { description: 'new' }),
      line({ kind: 'lineage', from: fqnOf('X'), to: 'other.default.salesforce.Y' }),
    ]);
    expect((await stage.api.get(`/api/v1/lineage/${fqnOf('X')}`)).body.edges).toMatchObject([
      { to: fqnOf('Y'), description: 'new' },
    ]);
  });
});

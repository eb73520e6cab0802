import { describe, expect, it } from 'vitest';
import { figuresSchema, MAX_FIGURES } from '../../foundation/src/runtime/worker-figures.ts';
import { WorkerFigures } from './figures.ts';

const connector = 'salesforce';

describe('figures of a worker', () => {
  it('are sent at an interval, each with what was added since the last message', () => {
    const figures = new WorkerFigures(() => 1000);
    figures.count('apiCalls', { connector });
    figures.count('apiCalls', { connector }, 2);
    figures.set('apiCallsRemaining', { connector }, 5);
    figures.set('apiCallsRemaining', { connector }, 4);
    expect(figures.take(0)).toEqual({
      type: 'figures',
      residentBytes: 1000,
      figures: [
        { name: 'apiCalls', labels: { connector }, value: 3 },
        { name: 'apiCallsRemaining', labels: { connector }, value: 4 },
      ],
    });
    figures.count('apiCalls', { connector });
    expect(figures.take(1999)).toBeUndefined();
    expect(figures.take(2000)?.figures).toEqual([
      { name: 'apiCalls', labels: { connector }, value: 1 },
    ]);
  });

  it('are sent at once when the attempt has ended', () => {
    const figures = new WorkerFigures(() => 1000);
    figures.take(0);
    figures.ended('success', []);
    expect(figures.take(1)).toMatchObject({ outcome: 'success', figures: [] });
  });

  it('are few, and have no label that is not a word', () => {
    const figures = new WorkerFigures(() => 1000);
    for (const label of ['secret:/a/b', 'a b', 'x'.repeat(50), '', 'host.example.com'])
      figures.count('apiCalls', { connector: label });
    for (let index = 0; index < 200; index++)
      figures.count('apiCalls', { connector: `connector${index}` });
    const message = figures.take(0)!;
    expect(message.figures).toHaveLength(MAX_FIGURES - 5);
    expect(figuresSchema.safeParse(message).success).toBe(true);
    expect(JSON.stringify(message)).not.toMatch(/secret|example| /);
  });
});

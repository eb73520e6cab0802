import { describe, expect, it } from 'vitest';
import { Listeners } from './listeners.ts';

describe('listeners', () => {
  it('get each event in the order in which they were added', () => {
    const listeners = new Listeners<number>();
    const heard: string[] = [];
    listeners.add((event) => heard.push(`a${event}`));
    listeners.add((event) => heard.push(`b${event}`));
    listeners.notify(1);
    listeners.notify(2);
    expect(heard).toEqual(['a1', 'b1', 'a2', 'b2']);
  });

  it('get no event after they were removed, also by an earlier one', () => {
    const listeners = new Listeners<number>();
    const heard: string[] = [];
    const removers: (() => void)[] = [];
    listeners.add(() => removers.forEach((remove) => remove()));
    removers.push(listeners.add(() => heard.push('removed')));
    listeners.notify(1);
    expect(heard).toEqual([]);
  });

  it('are called as often as they were added, and removed one at a time', () => {
    const listeners = new Listeners<number>();
    const heard: number[] = [];
    const listener = (event: number): void => void heard.push(event);
    const remove = listeners.add(listener);
    listeners.add(listener);
    listeners.notify(1);
    remove();
    remove();
    listeners.notify(2);
    expect(heard).toEqual([1, 1, 2]);
  });
});

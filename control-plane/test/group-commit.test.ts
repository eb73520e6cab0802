import { describe, expect, it } from 'vitest';
import { GroupCommit, type Connection } from '../src/store/group-commit.ts';

/** A database of which one kind of statement fails once. */
class FailingConnection implements Connection {
  isTransaction = false;
  readonly statements: string[] = [];
  failing: string | undefined;
  /** SQLite itself rolls back on some errors. */
  rollsBack = false;

  exec(sql: string): void {
    this.statements.push(sql);
    if (this.failing !== undefined && sql.startsWith(this.failing)) {
      this.failing = undefined;
      if (this.rollsBack) this.isTransaction = false;
      throw new Error(`${sql} failed`);
    }
    if (sql.startsWith('BEGIN')) this.isTransaction = true;
    if (sql === 'COMMIT' || sql === 'ROLLBACK') this.isTransaction = false;
  }
}

const settled = async (group: GroupCommit, names: readonly string[]): Promise<string[]> => {
  const results = await Promise.allSettled(names.map((name) => group.run(async () => name)));
  return results.map((result) => (result.status === 'fulfilled' ? result.value : 'failed'));
};

describe('transactions that share a commit', () => {
  it.each([
    ['BEGIN', ['failed', 'b', 'c']],
    ['SAVEPOINT', ['failed', 'b', 'c']],
    ['RELEASE', ['failed', 'b', 'c']],
    ['COMMIT', ['failed', 'failed', 'failed']],
  ])('settle when %s fails, and later ones succeed', async (failing, expected) => {
    const connection = new FailingConnection();
    const group = new GroupCommit(connection, []);
    connection.failing = failing;
    expect(await settled(group, ['a', 'b', 'c'])).toEqual(expected);
    expect(await settled(group, ['d'])).toEqual(['d']);
  });

  it('fail alone when SQLite rolls back by itself before another has run', async () => {
    const connection = new FailingConnection();
    const group = new GroupCommit(connection, []);
    connection.failing = 'RELEASE';
    connection.rollsBack = true;
    expect(await settled(group, ['a', 'b'])).toEqual(['failed', 'b']);
  });

  it('settle when neither the commit nor its rollback is possible', async () => {
    const connection = new FailingConnection();
    const group = new GroupCommit(connection, []);
    const exec = connection.exec.bind(connection);
    connection.exec = (sql) => {
      if (sql === 'COMMIT' || sql === 'ROLLBACK') throw new Error('disk I/O error');
      exec(sql);
    };
    expect(await settled(group, ['a', 'b'])).toEqual(['failed', 'failed']);
    await group.idle();
  });

  it('include those of the next turns of the event loop, but not of all', async () => {
    const connection = new FailingConnection();
    const group = new GroupCommit(connection, []);
    const commits = (): number => connection.statements.filter((sql) => sql === 'COMMIT').length;
    const one = group.run(async () => 'one');
    await new Promise(setImmediate);
    expect(await Promise.all([one, group.run(async () => 'two')])).toEqual(['one', 'two']);
    expect(commits()).toBe(1);
    const many: Promise<number>[] = [];
    for (let turn = 0; turn < 20; turn++) {
      many.push(group.run(async () => turn));
      await new Promise(setImmediate);
    }
    expect(await Promise.all(many)).toHaveLength(20);
    expect(commits()).toBeGreaterThan(2);
  });
});

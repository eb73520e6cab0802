import type { Reply } from './server-state.ts';
import type { Operation } from './json-patch.ts';
import type { Entity, Json } from './store.ts';

type EventType = 'entityCreated' | 'entityUpdated' | 'entitySoftDeleted' | 'entityDeleted';

/** What a server keeps of every change of an entity. */
export class ChangeEvents {
  readonly #events: Json[] = [];

  add(
    eventType: EventType,
    entityType: string,
    fqn: string,
    changed: readonly string[] = [],
  ): void {
    this.#events.push({
      eventType,
      entityType,
      entityFullyQualifiedName: fqn,
      timestamp: Date.now(),
      userName: 'ingestion-bot',
      changeDescription: { fieldsUpdated: changed.map((name) => ({ name })) },
    });
  }

  /** Returns what puts the events back that are here now. */
  backUp(): () => void {
    const saved = [...this.#events];
    return () => void this.#events.splice(0, Infinity, ...saved);
  }

  saved(kind: string, before: Entity | undefined, after: Entity): void {
    const fqn = after.fullyQualifiedName;
    if (before === undefined) return this.add('entityCreated', kind, fqn);
    const changed = Object.keys({ ...before, ...after }).filter(
      (name) => name !== 'version' && JSON.stringify(before[name]) !== JSON.stringify(after[name]),
    );
    if (changed.length > 0) this.add('entityUpdated', kind, fqn, changed);
  }

  patched(kind: string, entity: Entity, operations: readonly Operation[]): void {
    const changed = operations.map(({ path }) =>
      path
        .split('/')
        .filter((part) => part !== '' && !/^\d+$/.test(part))
        .join('.'),
    );
    this.add('entityUpdated', kind, entity.fullyQualifiedName, changed);
  }

  /** `GET /events`: of these entity types, from a time on. */
  list(query: URLSearchParams): Reply {
    const since = Number(query.get('timestamp') ?? 0);
    const wanted = (names: readonly EventType[], parameter: string): readonly Json[] => {
      const types = (query.get(parameter) ?? '').split(',');
      return this.#events.filter(
        (event) =>
          names.includes(event['eventType'] as EventType) &&
          types.includes(String(event['entityType'])) &&
          Number(event['timestamp']) >= since,
      );
    };
    const data = [
      ...wanted(['entityCreated'], 'entityCreated'),
      ...wanted(['entityUpdated'], 'entityUpdated'),
      ...wanted(['entitySoftDeleted', 'entityDeleted'], 'entityDeleted'),
    ];
    return { status: 200, body: { data, paging: { total: data.length } } };
  }
}

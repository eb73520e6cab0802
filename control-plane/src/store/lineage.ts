/** Data of one table that comes from another. At most one a service and pair of tables. */
export interface LineageEdge {
  readonly service: string;
  readonly from: string;
  readonly to: string;
  /** entityLineage.json#/definitions/lineageDetails: `columnsLineage`, `source`, `description`, … */
  readonly details: Readonly<Record<string, unknown>>;
  readonly runId: string;
  readonly generation: number;
  readonly updatedAt: number;
}

export interface LineageReads {
  /** Edges that begin or end at a table, by name. */
  of(fqn: string, direction: 'upstream' | 'downstream', limit: number): Promise<LineageEdge[]>;
}

export interface LineageWrites {
  /** False when a higher generation has told of the pair: then that stays. */
  save(edge: LineageEdge): Promise<boolean>;
  /**
   * Forgets the edges of a source between these tables that were told before this generation. How many there were.
   */
  forget(edges: {
    readonly service: string;
    readonly tables: readonly string[];
    readonly source: string;
    readonly generation: number;
  }): Promise<number>;
  /** Forgets all edges of a service. */
  drop(service: string): Promise<void>;
}

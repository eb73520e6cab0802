/** Data of one table comes from another. At most one edge for each service and pair of tables. */
export interface LineageEdge {
  readonly service: string;
  readonly from: string;
  readonly to: string;
  /**
   * entityLineage.json#/definitions/lineageDetails: `columnsLineage`, `source`, `description`, …
   */
  readonly details: Readonly<Record<string, unknown>>;
  readonly runId: string;
  readonly generation: number;
  readonly updatedAt: number;
}

export interface LineageReads {
  /** Edges of a table in one direction, by name. */
  of(fqn: string, direction: 'upstream' | 'downstream', limit: number): Promise<LineageEdge[]>;
}

export interface LineageWrites {
  /** False when a higher generation has reported the pair, which then takes precedence. */
  save(edge: LineageEdge): Promise<boolean>;
  /**
   * Deletes edges of a source between these tables that an earlier generation reported. Returns
   * their number.
   */
  deleteOlder(edges: {
    readonly service: string;
    readonly tables: readonly string[];
    readonly source: string;
    readonly generation: number;
  }): Promise<number>;
  /** Deletes all edges of a service. */
  drop(service: string): Promise<void>;
}

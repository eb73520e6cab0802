import type { ChannelKind } from '../../src/channel/channel.ts';

/** What happens to messages between a machine and the control plane. */
export type RouteCondition =
  | 'normal'
  /** Messages are delayed until the condition is normal again, those of older connections too. */
  | 'held'
  /** Messages are lost silently, now and on these connections later (half-open connections). */
  | 'lost'
  /** Lost towards the control plane, normal in the other direction. */
  | 'lost upward'
  /** Lost from the control plane, normal in the other direction. */
  | 'lost downward';

export type Direction = 'up' | 'down';

export interface RouteUser {
  /** Lets delayed messages arrive. */
  release(): void;
  reset(reason: string): void;
}

/** The network between one machine and the control plane. */
export class Route {
  condition: RouteCondition = 'normal';
  /** Share of messages that arrive twice. */
  duplicates = 0;
  /** Kinds of channel that a middlebox breaks. */
  readonly broken = new Set<ChannelKind>();
  readonly connections = new Set<RouteUser>();

  loses(direction: Direction): boolean {
    return this.condition === 'lost' || this.condition === `lost ${direction}ward`;
  }

  /** Ends the condition, and lets delayed messages arrive. */
  restore(): void {
    this.condition = 'normal';
    for (const connection of this.connections) connection.release();
  }

  /** Ends every fault. */
  clear(): void {
    this.restore();
    this.duplicates = 0;
    this.broken.clear();
  }

  /** Breaks every open connection; both sides notice. */
  reset(): void {
    for (const connection of this.connections) connection.reset('reset by the network');
  }
}

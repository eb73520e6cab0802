import type { Report } from './report.ts';
import type { Scene } from './scene.ts';
import type { Truth } from './truth.ts';

export interface Flow {
  readonly scene: Scene;
  readonly report: Report;
  readonly truth: () => Promise<Truth>;
}

export interface Part {
  readonly name: string;
  /** Why it cannot run here. */
  readonly obstacle?: (flow: Flow) => string | undefined;
  run(flow: Flow): Promise<void>;
}

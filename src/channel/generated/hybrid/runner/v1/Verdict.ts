// Original file: proto/hybrid/runner/v1/runner.proto

export const Verdict = {
  VERDICT_UNSPECIFIED: 'VERDICT_UNSPECIFIED',
  /**
   * keep running and delivering
   */
  VERDICT_KEEP: 'VERDICT_KEEP',
  /**
   * stop and delete: canceled, superseded or completely stored
   */
  VERDICT_DISCARD: 'VERDICT_DISCARD',
} as const;

export type VerdictInput =
  | 'VERDICT_UNSPECIFIED'
  | 0
  /**
   * keep running and delivering
   */
  | 'VERDICT_KEEP'
  | 1
  /**
   * stop and delete: canceled, superseded or completely stored
   */
  | 'VERDICT_DISCARD'
  | 2

export type Verdict = typeof Verdict[keyof typeof Verdict]

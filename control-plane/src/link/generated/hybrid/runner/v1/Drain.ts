// Original file: proto/hybrid/runner/v1/runner.proto


export interface DrainInput {
  'reason'?: (string);
}

export interface Drain {
  'reason': (string);
}

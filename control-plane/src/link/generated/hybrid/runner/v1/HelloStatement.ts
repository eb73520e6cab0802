// Original file: proto/hybrid/runner/v1/runner.proto

import type { HeldAttemptInput as _hybrid_runner_v1_HeldAttemptInput, HeldAttempt as _hybrid_runner_v1_HeldAttempt } from '../../../hybrid/runner/v1/HeldAttempt.ts';

export interface HelloStatementInput {
  'runnerId'?: (string);
  /**
   * the version the runner chose from the challenge's range
   */
  'protocol'?: (number);
  'runnerVersion'?: (string);
  /**
   * new at each start of the link process
   */
  'bootId'?: (string);
  'features'?: (string)[];
  /**
   * attempts that the runner can run at once
   */
  'capacity'?: (number);
  /**
   * every attempt on disk or running
   */
  'held'?: (_hybrid_runner_v1_HeldAttemptInput)[];
  'draining'?: (boolean);
  /**
   * host:port that the runner dialed; the control plane checks that it is its own address
   */
  'authority'?: (string);
  /**
   * for display: "linux x64, Node 24.21.0"
   */
  'platform'?: (string);
  /**
   * "metadata", "test_connection"
   */
  'jobKinds'?: (string)[];
  /**
   * The previous process with the held attempts has certainly ended: the runner was restarted in place, on the same boot of the
   * same machine. False on a copied machine, whose original may still be running, and after a reboot.
   */
  'predecessorEnded'?: (boolean);
}

export interface HelloStatement {
  'runnerId': (string);
  /**
   * the version the runner chose from the challenge's range
   */
  'protocol': (number);
  'runnerVersion': (string);
  /**
   * new at each start of the link process
   */
  'bootId': (string);
  'features': (string)[];
  /**
   * attempts that the runner can run at once
   */
  'capacity': (number);
  /**
   * every attempt on disk or running
   */
  'held': (_hybrid_runner_v1_HeldAttempt)[];
  'draining': (boolean);
  /**
   * host:port that the runner dialed; the control plane checks that it is its own address
   */
  'authority': (string);
  /**
   * for display: "linux x64, Node 24.21.0"
   */
  'platform': (string);
  /**
   * "metadata", "test_connection"
   */
  'jobKinds': (string)[];
  /**
   * The previous process with the held attempts has certainly ended: the runner was restarted in place, on the same boot of the
   * same machine. False on a copied machine, whose original may still be running, and after a reboot.
   */
  'predecessorEnded': (boolean);
}

// Original file: proto/hybrid/runner/v1/runner.proto

import type { MethodDefinition } from '@grpc/proto-loader'
import type { FrameInput as _hybrid_runner_v1_FrameInput, Frame as _hybrid_runner_v1_Frame } from '../../../hybrid/runner/v1/Frame.ts';

export interface RunnerLinkDefinition {
  Connect: MethodDefinition<_hybrid_runner_v1_FrameInput, _hybrid_runner_v1_FrameInput, _hybrid_runner_v1_Frame, _hybrid_runner_v1_Frame>
}

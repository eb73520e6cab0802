// Original file: proto/hybrid/runner/v1/runner.proto

import type { ChallengeInput as _hybrid_runner_v1_ChallengeInput, Challenge as _hybrid_runner_v1_Challenge } from '../../../hybrid/runner/v1/Challenge.ts';
import type { HelloInput as _hybrid_runner_v1_HelloInput, Hello as _hybrid_runner_v1_Hello } from '../../../hybrid/runner/v1/Hello.ts';
import type { WelcomeInput as _hybrid_runner_v1_WelcomeInput, Welcome as _hybrid_runner_v1_Welcome } from '../../../hybrid/runner/v1/Welcome.ts';
import type { RefusalInput as _hybrid_runner_v1_RefusalInput, Refusal as _hybrid_runner_v1_Refusal } from '../../../hybrid/runner/v1/Refusal.ts';
import type { HeartbeatInput as _hybrid_runner_v1_HeartbeatInput, Heartbeat as _hybrid_runner_v1_Heartbeat } from '../../../hybrid/runner/v1/Heartbeat.ts';
import type { HeartbeatReplyInput as _hybrid_runner_v1_HeartbeatReplyInput, HeartbeatReply as _hybrid_runner_v1_HeartbeatReply } from '../../../hybrid/runner/v1/HeartbeatReply.ts';
import type { ProgressInput as _hybrid_runner_v1_ProgressInput, Progress as _hybrid_runner_v1_Progress } from '../../../hybrid/runner/v1/Progress.ts';
import type { OfferInput as _hybrid_runner_v1_OfferInput, Offer as _hybrid_runner_v1_Offer } from '../../../hybrid/runner/v1/Offer.ts';
import type { AcceptInput as _hybrid_runner_v1_AcceptInput, Accept as _hybrid_runner_v1_Accept } from '../../../hybrid/runner/v1/Accept.ts';
import type { RejectInput as _hybrid_runner_v1_RejectInput, Reject as _hybrid_runner_v1_Reject } from '../../../hybrid/runner/v1/Reject.ts';
import type { CancelInput as _hybrid_runner_v1_CancelInput, Cancel as _hybrid_runner_v1_Cancel } from '../../../hybrid/runner/v1/Cancel.ts';
import type { DrainInput as _hybrid_runner_v1_DrainInput, Drain as _hybrid_runner_v1_Drain } from '../../../hybrid/runner/v1/Drain.ts';
import type { BatchInput as _hybrid_runner_v1_BatchInput, Batch as _hybrid_runner_v1_Batch } from '../../../hybrid/runner/v1/Batch.ts';
import type { AckInput as _hybrid_runner_v1_AckInput, Ack as _hybrid_runner_v1_Ack } from '../../../hybrid/runner/v1/Ack.ts';
import type { NackInput as _hybrid_runner_v1_NackInput, Nack as _hybrid_runner_v1_Nack } from '../../../hybrid/runner/v1/Nack.ts';
import type { IdentityCheckInput as _hybrid_runner_v1_IdentityCheckInput, IdentityCheck as _hybrid_runner_v1_IdentityCheck } from '../../../hybrid/runner/v1/IdentityCheck.ts';
import type { AuditHeadInput as _hybrid_runner_v1_AuditHeadInput, AuditHead as _hybrid_runner_v1_AuditHead } from '../../../hybrid/runner/v1/AuditHead.ts';
import type { KeyProposalInput as _hybrid_runner_v1_KeyProposalInput, KeyProposal as _hybrid_runner_v1_KeyProposal } from '../../../hybrid/runner/v1/KeyProposal.ts';
import type { KeyAcceptedInput as _hybrid_runner_v1_KeyAcceptedInput, KeyAccepted as _hybrid_runner_v1_KeyAccepted } from '../../../hybrid/runner/v1/KeyAccepted.ts';

export interface FrameInput {
  /**
   * Handshake, in this order: Challenge, Hello, Welcome (or Refusal).
   */
  'challenge'?: (_hybrid_runner_v1_ChallengeInput | null);
  /**
   * runner -> control plane
   */
  'hello'?: (_hybrid_runner_v1_HelloInput | null);
  /**
   * control plane -> runner
   */
  'welcome'?: (_hybrid_runner_v1_WelcomeInput | null);
  /**
   * control plane -> runner, the last frame before it closes
   */
  'refusal'?: (_hybrid_runner_v1_RefusalInput | null);
  /**
   * Liveness and leases.
   */
  'heartbeat'?: (_hybrid_runner_v1_HeartbeatInput | null);
  'heartbeatReply'?: (_hybrid_runner_v1_HeartbeatReplyInput | null);
  /**
   * runner -> control plane, lossy, at most 2 a second an attempt
   */
  'progress'?: (_hybrid_runner_v1_ProgressInput | null);
  /**
   * Work.
   */
  'offer'?: (_hybrid_runner_v1_OfferInput | null);
  /**
   * runner -> control plane
   */
  'accept'?: (_hybrid_runner_v1_AcceptInput | null);
  /**
   * runner -> control plane
   */
  'reject'?: (_hybrid_runner_v1_RejectInput | null);
  /**
   * control plane -> runner
   */
  'cancel'?: (_hybrid_runner_v1_CancelInput | null);
  /**
   * control plane -> runner: take no more offers
   */
  'drain'?: (_hybrid_runner_v1_DrainInput | null);
  /**
   * Delivery.
   */
  'batch'?: (_hybrid_runner_v1_BatchInput | null);
  /**
   * control plane -> runner
   */
  'ack'?: (_hybrid_runner_v1_AckInput | null);
  /**
   * control plane -> runner
   */
  'nack'?: (_hybrid_runner_v1_NackInput | null);
  /**
   * With the feature "identity-check".
   */
  'identityCheck'?: (_hybrid_runner_v1_IdentityCheckInput | null);
  /**
   * With the feature "audit-heads".
   */
  'auditHead'?: (_hybrid_runner_v1_AuditHeadInput | null);
  /**
   * With the feature "key-rotation".
   */
  'keyProposal'?: (_hybrid_runner_v1_KeyProposalInput | null);
  /**
   * control plane -> runner
   */
  'keyAccepted'?: (_hybrid_runner_v1_KeyAcceptedInput | null);
  'body'?: "challenge"|"hello"|"welcome"|"refusal"|"heartbeat"|"heartbeatReply"|"progress"|"offer"|"accept"|"reject"|"cancel"|"drain"|"batch"|"ack"|"nack"|"identityCheck"|"auditHead"|"keyProposal"|"keyAccepted";
}

export interface Frame {
  /**
   * Handshake, in this order: Challenge, Hello, Welcome (or Refusal).
   */
  'challenge'?: (_hybrid_runner_v1_Challenge | null);
  /**
   * runner -> control plane
   */
  'hello'?: (_hybrid_runner_v1_Hello | null);
  /**
   * control plane -> runner
   */
  'welcome'?: (_hybrid_runner_v1_Welcome | null);
  /**
   * control plane -> runner, the last frame before it closes
   */
  'refusal'?: (_hybrid_runner_v1_Refusal | null);
  /**
   * Liveness and leases.
   */
  'heartbeat'?: (_hybrid_runner_v1_Heartbeat | null);
  'heartbeatReply'?: (_hybrid_runner_v1_HeartbeatReply | null);
  /**
   * runner -> control plane, lossy, at most 2 a second an attempt
   */
  'progress'?: (_hybrid_runner_v1_Progress | null);
  /**
   * Work.
   */
  'offer'?: (_hybrid_runner_v1_Offer | null);
  /**
   * runner -> control plane
   */
  'accept'?: (_hybrid_runner_v1_Accept | null);
  /**
   * runner -> control plane
   */
  'reject'?: (_hybrid_runner_v1_Reject | null);
  /**
   * control plane -> runner
   */
  'cancel'?: (_hybrid_runner_v1_Cancel | null);
  /**
   * control plane -> runner: take no more offers
   */
  'drain'?: (_hybrid_runner_v1_Drain | null);
  /**
   * Delivery.
   */
  'batch'?: (_hybrid_runner_v1_Batch | null);
  /**
   * control plane -> runner
   */
  'ack'?: (_hybrid_runner_v1_Ack | null);
  /**
   * control plane -> runner
   */
  'nack'?: (_hybrid_runner_v1_Nack | null);
  /**
   * With the feature "identity-check".
   */
  'identityCheck'?: (_hybrid_runner_v1_IdentityCheck | null);
  /**
   * With the feature "audit-heads".
   */
  'auditHead'?: (_hybrid_runner_v1_AuditHead | null);
  /**
   * With the feature "key-rotation".
   */
  'keyProposal'?: (_hybrid_runner_v1_KeyProposal | null);
  /**
   * control plane -> runner
   */
  'keyAccepted'?: (_hybrid_runner_v1_KeyAccepted | null);
  'body'?: "challenge"|"hello"|"welcome"|"refusal"|"heartbeat"|"heartbeatReply"|"progress"|"offer"|"accept"|"reject"|"cancel"|"drain"|"batch"|"ack"|"nack"|"identityCheck"|"auditHead"|"keyProposal"|"keyAccepted";
}
